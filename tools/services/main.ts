/** `npm run services`: sample services that answer inquiries about orders, shipments and payouts. */
import { parseArgs } from 'node:util';
import { unreachable } from '../shared/address.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { sampleAnswers } from './answers.ts';
import { documentedOrders, sampleOrders } from './orders.ts';
import type { Behaviour } from './sample-service.ts';
import { SampleService, wellBehaved } from './sample-service.ts';

const usage = `usage: npm run services -- [options]
  --sources orders,logistics,payments   which services (default: orders,logistics,payments)
  --latency 150        mean time to an answer, in ms
  --failure-rate 0     share of requests that fail, 0 to 1
  --duplicates 0       share of answers sent twice
  --silence 0          share of requests that are never answered
  --late 0             share of answers that come a second after the deadline`;

await runProgram(async () => {
  const { sources, behaviour } = options(process.argv.slice(2));
  const { source, orders } = sampleOrders();
  const answers = sampleAnswers(orders);
  const kafka = kafkaOf('turnstream-services');
  const services = sources.map((name) => {
    const answer = answers[name];
    if (answer === undefined) throw new Failure(`There is no service "${name}".\n${usage}`);
    return new SampleService({
      kafka,
      source: name,
      answer,
      behaviour,
      onAnswer: (line) => console.log(line),
    });
  });
  await Promise.all(services.map((service) => service.start())).catch((error: unknown) => {
    throw unreachable('KAFKA_BROKERS', error);
  });
  console.log(`${sources.join(', ')} answer for ${orders.length} orders (${source}).`);
  const some = [...documentedOrders, ...orders.slice(0, 2)].map(({ order_id }) => order_id);
  console.log(`Ask about ${some.join(', ')}, or payout PO-2210. Ctrl-C stops it.`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.all(services.map((service) => service.stop()));
}, usage);

function options(args: string[]): { sources: string[]; behaviour: Behaviour } {
  const text = { type: 'string' } as const;
  const names = {
    sources: text,
    latency: text,
    'failure-rate': text,
    duplicates: text,
    silence: text,
    late: text,
  };
  try {
    const { values } = parseArgs({ args, options: names });
    const share = (name: 'failure-rate' | 'duplicates' | 'silence' | 'late'): number => {
      const value = Number(values[name] ?? 0);
      if (value >= 0 && value <= 1) return value;
      throw new Error(`--${name} is a share from 0 to 1`);
    };
    const latencyMs = Number(values.latency ?? wellBehaved.latencyMs);
    if (!(latencyMs >= 0)) throw new Error('--latency is a number of milliseconds');
    const behaviour = {
      ...wellBehaved,
      latencyMs,
      failureRate: share('failure-rate'),
      duplicates: share('duplicates'),
      silence: share('silence'),
      late: share('late'),
    };
    return { sources: (values.sources ?? 'orders,logistics,payments').split(','), behaviour };
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
