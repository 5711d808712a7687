import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Session } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import { sleep } from '#platform';
import { sampleAnswers } from '../services/answers.ts';
import type { SampleOrder } from '../services/orders.ts';
import { sampleOrders } from '../services/orders.ts';
import { SampleService, wellBehaved } from '../services/sample-service.ts';
import { unreachable } from '../shared/address.ts';
import { Failure } from '../shared/failure.ts';
import { forkProgram, killChild } from '../shared/fork.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { printTitle } from './print.ts';
import { waitFor, watch } from './watch.ts';

/** How the last message of the conversation starts. */
const finalAnswer = 'Your order ';
const latencies = { orders: 700, logistics: 2_500 } as const;

/** `npm run demo -- order`: two agent instances, a slow order system; the instance that owns the session is killed. */
export async function playOrder(url: string): Promise<void> {
  printTitle(`Two instances of a bot and a slow order system, through ${url}`);
  const { orders, source } = sampleOrders();
  const { order_id } = orders.find(({ tracking_id }) => tracking_id !== null) as SampleOrder;
  console.log(
    `  The order service takes about ${latencies.orders} ms, logistics ${latencies.logistics} ms (${source}).`,
  );
  const services = await startServices(orders);
  const pool = `order-bots-${randomInt(1_000_000)}`;
  const [first, second] = [startAgent('bot-1', url, pool), startAgent('bot-2', url, pool)];
  const turnstream = new Turnstream({ url, agentId: 'whatsapp' });
  let watching: ReturnType<typeof watch> | undefined;
  try {
    await Promise.all([first.said('is connected'), second.said('is connected')]);
    const session = await startSession(turnstream);
    first.process.send({ attach: session.id });
    await first.said('owns the conversation');
    watching = watch(url, session.id);
    await askForOrder(session, order_id);
    await watching.waitFor('fetching your order status');
    await watching.waitFor('So far: ', finalAnswer);
    await sleep(300);
    if (watching.has(finalAnswer)) throw othersAnswered();
    printTitle('bot-1 is killed with -9 before the answer');
    first.process.kill('SIGKILL');
    await watching.waitFor(finalAnswer);
    await sleep(1_000);
    if (!(await printOwners(session)).includes(`${pool}-bot-2`)) throw othersAnswered();
  } finally {
    watching?.stop();
    await Promise.all([killChild(first.process), killChild(second.process)]);
    await Promise.all(services.map((service) => service.stop()));
    await turnstream.close();
  }
}

function startSession(turnstream: Turnstream): Promise<Session> {
  const partner_id = `P${randomInt(1_000_000, 10_000_000)}`;
  return turnstream.startSession({ partner_id, channel: 'whatsapp', name: 'Asha' });
}

async function askForOrder(session: Session, order_id: string): Promise<void> {
  await session.recordTurn({
    sender: 'user',
    message_text: `Where is my order ${order_id}?`,
    parsed_intent: 'ask_order_status',
    extracted_entities: { order_id },
  });
}

function othersAnswered(): Failure {
  return new Failure('Nothing was taken over, since other services answered first: stop npm run services.');
}

async function startServices(orders: readonly SampleOrder[]): Promise<SampleService[]> {
  const kafka = kafkaOf('turnstream-demo');
  const answers = sampleAnswers(orders);
  const services = Object.entries(latencies).map(([source, latencyMs]) => {
    const answer = answers[source] ?? (() => undefined);
    return new SampleService({ kafka, source, answer, behaviour: { ...wellBehaved, latencyMs } });
  });
  await Promise.all(services.map((service) => service.start())).catch((error: unknown) => {
    throw unreachable('KAFKA_BROKERS', error);
  });
  return services;
}

interface AgentProcess {
  readonly process: ChildProcess;
  said(what: string): Promise<void>;
}

function startAgent(name: string, url: string, pool: string): AgentProcess {
  const env = { TURNSTREAM_URL: url, AGENT_POOL: pool, AGENT_NAME: `${pool}-${name}` };
  const child = forkProgram(join(import.meta.dirname, 'order-agent.ts'), env);
  const lines: string[] = [];
  child.on('message', ({ say }: { say: string }) => {
    lines.push(say);
    console.log(`  ${styleText('dim', `${name} ${say}`)}`);
  });
  return {
    process: child,
    said: (what) => waitFor(() => lines.some((line) => line.includes(what)), `“${name} ${what}”`),
  };
}

/** Prints the owners of the conversation with their times, and the latency of each update. @returns the owners */
async function printOwners(session: Session): Promise<string[]> {
  printTitle('The same in the stream');
  const owners: string[] = [];
  for await (const { type, revision, data } of session.events()) {
    if (type === 'AgentAttached') {
      owners.push(String(data['instance']));
      console.log(`  ${revision} ${type}: ${String(data['instance'])}, epoch ${String(data['epoch'])}`);
    }
    if (type !== 'UpdateAcknowledged') continue;
    for (const update of data['updates'] as { revision: number; latency_ms: number }[])
      console.log(
        `  ${revision} ${type}: ${String(data['instance'])} handled ${update.revision} after ${update.latency_ms} ms`,
      );
  }
  return owners;
}
