import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Metrics } from '#platform';
import type { Delivery } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import type { KafkaFlows } from './kafka-flows.ts';
import type { PartitionProcessor } from './partition-processor.ts';
import { Stalls } from './stalls.ts';
import { testFlows } from './test-flows.ts';
import { testProcessor } from './test-processor.ts';
import { event, TestSubscription, turnAbout } from './test-subscription.ts';

const lease = { partition: 5, epoch: 3n, prefixes: ['session-0'], of: 16, position: 10n, aheadOf: null };
const stalledAfterS = 60;

/** What Kafka and the index answer to each request of the spec. */
let kafka: () => Promise<void>;
let postgres: () => Promise<void>;
let loading: () => Promise<bigint>;
let saving: () => Promise<boolean>;
let subscription: TestSubscription;
let flows: KafkaFlows;
let metrics: Metrics;
let bridge: BridgeMetrics;
let stopping: AbortController;
let work: PartitionProcessor[];
let stalls: Stalls;

const fails = (message: string) => async (): Promise<never> => {
  throw new Error(message);
};

async function* endingSubscription(): AsyncGenerator<Delivery> {
  yield { kind: 'fell_behind' };
  throw new Error('no such stream');
}

/** Owns the partition; it is processed again when its work has ended. */
function begin(): void {
  const store = {
    load: () => loading(),
    apply: () => postgres(),
    savePosition: () => postgres(),
    confirm: async () => undefined,
    startOver: () => postgres(),
  };
  const processor = testProcessor({
    lease,
    subscription,
    metrics: bridge,
    publishing: { flows, savePosition: () => saving(), positionAfterRestore: async () => 3n },
    indexing: { store, recordLate: async () => undefined },
    ended: () => {
      if (!stopping.signal.aborted) begin();
    },
  });
  work = [processor];
}

const advance = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const isReady = (): void => stalls.check(stalledAfterS);
const shown = async (writer: string): Promise<number> => {
  const text = await metrics.registry.getSingleMetricAsString('bridge_stalled_seconds');
  return Number(new RegExp(`partition="5",writer="${writer}",app="bridge"\\} (.*)`, 'u').exec(text)?.[1]);
};

beforeEach(() => {
  jest.useFakeTimers();
  kafka = async () => undefined;
  postgres = async () => undefined;
  loading = async () => 10n;
  saving = async () => true;
  subscription = new TestSubscription();
  flows = testFlows({ send: () => kafka() });
  metrics = new Metrics('bridge');
  bridge = new BridgeMetrics(metrics);
  stopping = new AbortController();
  stalls = new Stalls(() => work);
  bridge.observeStalls(() => stalls.list());
  void stalls.run(stopping.signal);
});
afterEach(async () => {
  stopping.abort();
  const ending = Promise.all(work.map((processor) => processor.stop()));
  await advance(10_000);
  await ending;
  await flows.stop();
  jest.useRealTimers();
});

describe('a partition is not ready', () => {
  test('whose Kafka partition takes nothing', async () => {
    kafka = fails('There is no leader for this topic-partition');
    begin();
    subscription.deliver(event(11), { kind: 'caught_up' });
    await advance(50_000);
    expect(isReady).not.toThrow();
    await advance(20_000);
    const message =
      /^no progress: publisher of partition 5 for \d+ s \(There is no leader for this topic-partition\)$/u;
    expect(isReady).toThrow(message);
    expect(await shown('publisher')).toBeGreaterThan(stalledAfterS);
    expect(await shown('index')).toBeLessThan(1);
    kafka = async () => undefined;
    await advance(5_000);
    expect(isReady).not.toThrow();
    expect(await shown('publisher')).toBeLessThan(1);
  });

  test('whose Kafka partition does not answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    kafka = () => promise;
    begin();
    subscription.deliver(event(11), { kind: 'caught_up' });
    await advance(70_000);
    expect(isReady).toThrow('publisher of partition 5');
    resolve();
  });

  test('whose index cannot be written', async () => {
    postgres = fails('permission denied for table reference_index');
    begin();
    subscription.deliver(turnAbout(11, 'O1'), { kind: 'caught_up' });
    await advance(70_000);
    const message =
      /^no progress: index of partition 5 for \d+ s \(permission denied for table reference_index\)$/u;
    expect(isReady).toThrow(message);
    expect(await shown('index')).toBeGreaterThan(stalledAfterS);
    expect(await shown('publisher')).toBeLessThan(1);
    postgres = async () => undefined;
    await advance(5_000);
    expect(isReady).not.toThrow();
  });

  test.each([
    ['fails', fails('permission denied')],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ])('when saving the position of the index %s, without changes', async (how, answer) => {
    postgres = answer;
    begin();
    subscription.deliver({ kind: 'checkpoint', position: 20n }, { kind: 'caught_up' });
    await advance(70_000);
    expect(isReady).toThrow('no progress: index of partition 5');
    if (how === 'does not answer') work = [];
  });

  test('whose published position cannot be saved', async () => {
    saving = fails('permission denied for table bridge_slot');
    begin();
    subscription.deliver({ kind: 'checkpoint', position: 20n }, { kind: 'caught_up' });
    await advance(70_000);
    expect(isReady).toThrow(
      /publisher of partition 5 for \d+ s \(permission denied for table bridge_slot\)/u,
    );
  });

  test('whose indexed position cannot be loaded', async () => {
    loading = fails('relation "reference_index_position" does not exist');
    begin();
    subscription.deliver({ kind: 'caught_up' });
    await advance(70_000);
    expect(isReady).toThrow(/index of partition 5 for \d+ s \(relation "reference_index_position" does not/u);
  });

  test('whose work ends with an error, whenever it begins', async () => {
    subscription.subscribe = endingSubscription;
    begin();
    await advance(70_000);
    expect(isReady).toThrow(
      /publisher of partition 5 for \d+ s \(no such stream\); index of partition 5 for/u,
    );
  });
});

describe('a partition is ready', () => {
  test('that has nothing to do', async () => {
    begin();
    subscription.deliver({ kind: 'caught_up' });
    await advance(3_600_000);
    expect(isReady).not.toThrow();
    expect(await shown('publisher')).toBeLessThan(1);
    expect(await shown('index')).toBeLessThan(1);
  });

  test('that is catching up and advances', async () => {
    begin();
    for (let position = 11; position < 131; position += 1) {
      subscription.deliver(turnAbout(position, `O${position}`));
      await advance(1_000);
      expect(isReady).not.toThrow();
    }
    expect(await shown('publisher')).toBeLessThan(2);
    expect(await shown('index')).toBeLessThan(2);
  });

  test('that gets work after an idle hour', async () => {
    begin();
    subscription.deliver({ kind: 'caught_up' });
    await advance(3_600_000);
    kafka = fails('There is no leader for this topic-partition');
    subscription.deliver(event(11));
    await advance(5_000);
    expect(isReady).not.toThrow();
    expect(await shown('publisher')).toBeGreaterThan(3);
  });

  test('without Kafka, where nothing is published or indexed', async () => {
    const idle = new Stalls(() => [{ lease, writers: () => ({}) }]);
    void idle.run(stopping.signal);
    await advance(70_000);
    expect(() => idle.check(stalledAfterS)).not.toThrow();
    expect(idle.list()).toEqual([]);
  });

  test('that another instance has', async () => {
    kafka = fails('There is no leader for this topic-partition');
    begin();
    subscription.deliver(event(11), { kind: 'caught_up' });
    await advance(70_000);
    const kept = work;
    work = [];
    expect(isReady).not.toThrow();
    await advance(3_600_000);
    work = kept;
    expect(isReady).not.toThrow();
  });
});
