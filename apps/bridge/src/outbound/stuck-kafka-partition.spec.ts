import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Outgoing } from '#messaging';
import { partitionOf } from '#messaging';
import { createLogger, Metrics } from '#platform';
import { BridgeMetrics } from '../common/metrics.ts';
import { ConversationPublisher } from './conversation-publisher.ts';
import type { KafkaFlows } from './kafka-flows.ts';
import { PartitionProcessor } from './partition-processor.ts';
import { testFlows } from './test-flows.ts';
import { event, TestSubscription } from './test-subscription.ts';

const partitions = 4;
const lease = { partition: 1, epoch: 3n, prefixes: ['session-0'], of: 16, position: 0n, aheadOf: null };

/** A session of each Kafka partition. */
const sessions = Array.from({ length: partitions }, (_, partition) => {
  const ids = Array.from({ length: 200 }, (_item, n) => `session-${n}`);
  return ids.find((id) => partitionOf({ key: id }, partitions) === partition) ?? '';
});

/** The Kafka partitions that take nothing: they refuse it, or do not answer. */
let refusing: Set<number>;
let silent: Map<number, PromiseWithResolvers<void>>;
/** The ids of the messages in each Kafka partition. */
let taken: number[][];
/** Each position that was saved, with how many messages there were then. */
let saved: bigint[];
let subscription: TestSubscription;
let flows: KafkaFlows;
let processor: PartitionProcessor;
let last: number;

const savePosition = async (at: bigint): Promise<boolean> => saved.push(at) > 0;
const positionAfterRestore = async (): Promise<bigint> => 0n;

const idOf = ({ value }: Outgoing): number => Number((JSON.parse(String(value)) as { id: string }).id);

async function send(messages: readonly Outgoing[]): Promise<void> {
  const [kafkaPartition = 0, ...more] = new Set(messages.map((message) => partitionOf(message, partitions)));
  expect(more).toEqual([]);
  await silent.get(kafkaPartition)?.promise;
  if (refusing.has(kafkaPartition)) throw new Error('There is no leader for this topic-partition');
  taken[kafkaPartition]?.push(...messages.map(idOf));
}

function begin(position: bigint, queueBytes = 2 ** 22): void {
  const logger = createLogger('bridge', 'silent');
  const metrics = new BridgeMetrics(new Metrics('bridge'));
  flows = testFlows({ send, partitions });
  const ports = { flows, savePosition, positionAfterRestore, queueBytes, metrics, logger };
  const index = {
    name: 'index',
    load: async () => null,
    receive: async () => undefined,
    goBack: async () => undefined,
  };
  processor = new PartitionProcessor(
    {
      subscribe: (options) => subscription.subscribe(options),
      publisher: (signal) => new ConversationPublisher(ports, { ...lease, position }, signal),
      index: (signal) => ({ ...index, confirm: async () => undefined, run: () => aborted(signal) }) as never,
      metrics,
      logger,
    },
    lease,
    () => undefined,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
}

/** So many events of each session, one after the other. @returns the positions of those of a Kafka partition */
function deliver(count: number): void {
  for (let n = 0; n < count; n += 1)
    for (const session of sessions) {
      last += 1;
      subscription.deliver(event(last, 'SessionEnded', {}, session));
    }
}

/** The ids of all events of a Kafka partition. */
const allOf = (kafkaPartition: number): number[] =>
  Array.from({ length: last / partitions }, (_, n) => n * partitions + kafkaPartition + 1);

const advance = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers();
  [refusing, silent] = [new Set(), new Map()];
  taken = Array.from({ length: partitions }, () => []);
  [saved, last] = [[], 0];
  subscription = new TestSubscription();
  begin(0n);
});
afterEach(async () => {
  for (const { resolve } of silent.values()) resolve();
  const stopping = processor.stop();
  await advance(10_000);
  await stopping;
  await flows.stop();
  jest.useRealTimers();
});

test.each(['refuses messages', 'does not answer'])(
  'a Kafka partition that %s holds up no other, and no position passes its events',
  async (how) => {
    if (how === 'refuses messages') refusing.add(2);
    else silent.set(2, Promise.withResolvers());
    deliver(5);
    await advance(1_000);
    for (const kafkaPartition of [0, 1, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
    deliver(5);
    await advance(1_000);
    for (const kafkaPartition of [0, 1, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
    expect(taken[2]).toEqual([]);
    expect(saved.every((position) => position < 3n)).toBe(true);
    refusing.clear();
    silent.get(2)?.resolve();
    await advance(3_000);
    expect(taken[2]).toEqual(allOf(2));
    expect(saved.at(-1)).toBe(BigInt(last));
  },
);

test('more events than fit into memory of a Kafka partition without a leader are read again when it has one', async () => {
  refusing.add(2);
  deliver(1_500);
  await advance(10_000);
  for (const kafkaPartition of [0, 1, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
  expect(processor.backlog).toBeLessThanOrEqual(500);
  expect(saved.every((position) => position < 3n)).toBe(true);
  refusing.clear();
  await advance(20_000);
  for (const kafkaPartition of [0, 1, 2, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
  expect(saved.at(-1)).toBe(BigInt(last));
});

test('while no Kafka partition takes messages, events are not read without limit', async () => {
  for (let kafkaPartition = 0; kafkaPartition < partitions; kafkaPartition += 1) refusing.add(kafkaPartition);
  deliver(3_000);
  await advance(60_000);
  const [, publisher] = subscription.readers;
  expect(publisher?.read).toBeLessThan(2_100);
  refusing.clear();
  await advance(30_000);
  for (const kafkaPartition of [0, 1, 2, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
});

test('while no Kafka partition takes messages, events take no more memory than they may', async () => {
  const stopping = processor.stop();
  await advance(1_000);
  await stopping;
  await flows.stop();
  for (let kafkaPartition = 0; kafkaPartition < partitions; kafkaPartition += 1) refusing.add(kafkaPartition);
  begin(0n, 20_000);
  deliver(500);
  await advance(60_000);
  expect(processor.backlogBytes).toBeGreaterThan(10_000);
  // Each Kafka partition has room for its part, and the message that fills it.
  expect(processor.backlogBytes).toBeLessThan(20_000 + partitions * 1_000);
  refusing.clear();
  await advance(30_000);
  for (const kafkaPartition of [0, 1, 2, 3]) expect(taken[kafkaPartition]).toEqual(allOf(kafkaPartition));
});

test('whoever takes the partition after a crash publishes what was not, and skips none', async () => {
  refusing.add(1);
  deliver(20);
  await advance(1_000);
  const stopping = processor.stop();
  await advance(1_000);
  await stopping;
  refusing.clear();
  begin(saved.at(-1) ?? 0n);
  await advance(3_000);
  expect(taken[1]).toEqual(allOf(1));
  for (const kafkaPartition of [0, 2, 3])
    expect(new Set(taken[kafkaPartition])).toEqual(new Set(allOf(kafkaPartition)));
  expect(saved.at(-1)).toBe(BigInt(last));
});
