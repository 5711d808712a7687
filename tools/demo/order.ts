import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Inquiry, Session } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import { sampleAnswers } from '../services/answers.ts';
import type { SampleOrder } from '../services/orders.ts';
import { sampleOrders } from '../services/orders.ts';
import { SampleService, wellBehaved } from '../services/sample-service.ts';
import { Failure } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { printTitle } from './print.ts';

const patienceMs = 20_000;
const latencies = { orders: 700, logistics: 1_500 } as const;

/** `npm run demo -- order`: a question that two other systems answer, one after the other, while nobody waits. */
export async function playOrder(url: string): Promise<void> {
  const { orders, source } = sampleOrders();
  const order = orders.find(({ tracking_id }) => tracking_id !== null) as SampleOrder;
  const services = await startServices(orders);
  const turnstream = new Turnstream({ url, agentId: 'demo-bot' });
  printTitle(`"What's the status of order ${order.order_id}?" through ${url}`);
  console.log(
    `  The order service takes about ${latencies.orders} ms, logistics ${latencies.logistics} ms (${source}).`,
  );
  try {
    await ask(turnstream, order.order_id);
  } finally {
    await turnstream.close();
    await Promise.all(services.map((service) => service.stop()));
  }
}

async function startServices(orders: readonly SampleOrder[]): Promise<SampleService[]> {
  const kafka = kafkaOf('turnstream-demo');
  const answers = sampleAnswers(orders);
  const services = Object.entries(latencies).map(([source, latencyMs]) => {
    const answer = answers[source] ?? (() => undefined);
    return new SampleService({ kafka, source, answer, behaviour: { ...wellBehaved, latencyMs } });
  });
  await Promise.all(services.map((service) => service.start())).catch((error: unknown) => {
    throw new Failure(`Kafka does not answer (${String(error)}): run npm start first, or set KAFKA_BROKERS.`);
  });
  return services;
}

async function ask(turnstream: Turnstream, order_id: string): Promise<void> {
  const partner_id = `P${randomInt(1_000_000, 10_000_000)}`;
  const session = await turnstream.startSession({ partner_id, channel: 'whatsapp', name: 'Asha' });
  const began = performance.now();
  const said = (who: string, text: string): void => {
    const at = `${Math.round(performance.now() - began)} ms`.padStart(8);
    console.log(`\n${styleText('dim', at)}  ${styleText(who === 'Asha' ? 'yellow' : 'green', who)}: ${text}`);
  };
  await session.recordTurn({
    sender: 'user',
    message_text: `What's the status of order ${order_id}?`,
    parsed_intent: 'ask_order_status',
    extracted_entities: { order_id },
  });
  said('Asha', `What's the status of order ${order_id}?`);
  const { inquiry_id, deadline } = await session.openInquiry({ kind: 'order_status', subject: { order_id } });
  said('bot', 'I am asking the order service, one moment.');
  explain(`202 at once: inquiry ${inquiry_id}, closes by ${deadline}`);
  const partial = await reached(session, inquiry_id, ({ sources }) => sources['orders']?.status !== 'asked');
  said('bot', `It is ${await statusOf(session)}; I am asking where the parcel is.`);
  await show(session, partial);
  const final = await reached(session, inquiry_id, ({ status }) => status !== 'open');
  const place = (final.answer as { place?: string } | null)?.place ?? 'somewhere';
  said('bot', `It is ${await statusOf(session)}, in ${place}.`);
  await show(session, final);
  explain(`answer: ${JSON.stringify(final.answer)}`);
  await session.end('demo');
}

async function reached(
  session: Session,
  inquiryId: string,
  holds: (inquiry: Inquiry) => boolean,
): Promise<Inquiry> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const inquiry = await session.inquiry(inquiryId);
    if (holds(inquiry)) return inquiry;
    await sleep(20);
  }
  throw new Failure(`No answer within ${patienceMs / 1_000} s: look at the bridge's log.`);
}

async function statusOf(session: Session): Promise<string> {
  const { order_tracking } = await session.context({ minRevision: 0 });
  return (order_tracking?.status ?? 'unknown').replaceAll('_', ' ');
}

async function show(session: Session, { status, sources }: Inquiry): Promise<void> {
  const { conversation_flags, revision } = await session.context({ minRevision: 0 });
  const parts = Object.entries(sources).map(([name, source]) => {
    const latency = source.latency_ms === null ? '' : ` in ${source.latency_ms} ms`;
    return `${name} ${source.status}${latency}`;
  });
  explain(`inquiry ${status}: ${parts.join(', ')}`);
  const awaiting = String(conversation_flags['awaiting_external_data']);
  explain(`context at revision ${revision}: awaiting_external_data ${awaiting}`);
}

function explain(text: string): void {
  console.log(styleText('dim', `${' '.repeat(10)}${text}`));
}
