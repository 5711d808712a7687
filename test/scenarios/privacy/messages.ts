import { randomUUID } from 'node:crypto';
import { kafkaOf } from '../../../tools/shared/kafka.ts';
import { SampleService, wellBehaved } from '../../../tools/services/sample-service.ts';
import type { System } from '../system.ts';
import type { Sent } from './doors.ts';
import { newCanary } from './doors.ts';

/**
 * Unique values in messages of other systems: an update about the partner, one that waits for its session, one that
 * becomes a dead letter, and the answer to the inquiry. They are added to the canaries.
 * @returns the origins of the dead letters, as `topic/partition/offset`
 */
export async function sendThroughTopics(system: System, sent: readonly Sent[]): Promise<string[]> {
  const kafka = kafkaOf('turnstream-canaries', system.env['KAFKA_BROKERS']);
  const producer = kafka.producer();
  const answers = new Map(sent.map(({ orderId, canaries }) => [orderId, (canaries['answer'] = newCanary())]));
  const broken: string[] = [];
  await producer.connect();
  for (const { partnerId, canaries } of sent) {
    const canary = (door: string): string => (canaries[door] = newCanary());
    const known = { order_id: `O-${randomUUID()}`, status: 'packed', partner_id: partnerId };
    const waiting = { ...known, partner_id: `P-${randomUUID()}` };
    await producer.send(orderUpdated({ ...known, note: canary('update') }));
    await producer.send(orderUpdated({ ...waiting, note: canary('waiting update') }));
    const [place] = await producer.send(orderUpdated({ partner_id: partnerId, note: canary('dead letter') }));
    broken.push(`${place?.topicName}/${place?.partition}/${place?.baseOffset}`);
  }
  await producer.disconnect();
  await answerInquiries(kafka, answers);
  return broken;
}

/** As declared for orders.events; without an order it breaks the schema. */
function orderUpdated(
  data: object,
): Parameters<ReturnType<ReturnType<typeof kafkaOf>['producer']>['send']>[0] {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/canaries',
    type: 'orders.order_updated.v1',
    time: new Date().toISOString(),
    data,
  };
  const headers = { 'content-type': 'application/cloudevents+json' };
  return { topic: 'orders.events', messages: [{ value: JSON.stringify(event), headers }] };
}

/** Answers as the system `orders`, with a different value for each order. */
async function answerInquiries(
  kafka: ReturnType<typeof kafkaOf>,
  answers: ReadonlyMap<string, string>,
): Promise<void> {
  const open = new Set(answers.keys());
  const { promise, resolve } = Promise.withResolvers<void>();
  const service = new SampleService({
    kafka,
    source: 'orders',
    groupId: `canaries-${randomUUID()}`,
    fromBeginning: true,
    isMine: ({ order_id }) => answers.has(String(order_id)),
    behaviour: { ...wellBehaved, latencyMs: 0 },
    answer: ({ order_id }) => {
      open.delete(String(order_id));
      if (open.size === 0) resolve();
      return { order_id, status: 'packed', note: answers.get(String(order_id)) };
    },
  });
  await service.start();
  await promise;
  await service.settled();
  await service.stop();
}
