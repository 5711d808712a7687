import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Outgoing } from '#messaging';
import { Metrics } from '#platform';
import type { Delivery } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import type { IndexBatch, Mention } from '../references/changes.ts';
import type { KafkaFlows } from './kafka-flows.ts';
import type { PartitionProcessor } from './partition-processor.ts';
import { testFlows } from './test-flows.ts';
import { testProcessor } from './test-processor.ts';
import { event, sessionId, TestSubscription, turnAbout } from './test-subscription.ts';

const lease = { partition: 1, epoch: 3n, prefixes: ['session-0'], of: 16, position: 10n, aheadOf: null };
const positionAfterRestore = async (): Promise<bigint> => 3n;
/** The publisher's steps, in order: `send 11 12` and `save 12`. */
let steps: string[];
/** The index's steps, in order: `apply order:O1`, `late order:O1 after 10` and `save 12`. */
let indexSteps: string[];
let indexed: bigint | null;
let [lateErrors, sendErrors, saveErrors]: [Error[], Error[], Error[]] = [[], [], []];
let [owned, ended] = [true, false];
let gate: Promise<void> | undefined;
let subscription: TestSubscription;
let processor: PartitionProcessor;
let metrics: Metrics;
let bridge: BridgeMetrics;
let flows: KafkaFlows;

const advance = (ms = 100): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const deliver = (...more: readonly Delivery[]): void => subscription.deliver(...more);
const named = (mentions: readonly Mention[]): string =>
  mentions.map(({ kind, reference }) => `${kind}:${reference}`).join(' ');

async function send(messages: readonly Outgoing[]): Promise<void> {
  await gate;
  const error = sendErrors.shift();
  if (error) throw error;
  const ids = messages.map(({ value }) => (JSON.parse(String(value)) as { id: string }).id);
  steps.push(`send ${ids.join(' ')}`);
}

async function savePosition(position: bigint): Promise<boolean> {
  const error = saveErrors.shift();
  if (error) throw error;
  if (owned) steps.push(`save ${position}`);
  return owned;
}

/** Starts the processor at the position `indexed`. */
function begin(): void {
  flows = testFlows({ send, onSent: (count) => bridge.published.inc(count) });
  processor = testProcessor({
    lease,
    subscription,
    metrics: bridge,
    publishing: { flows, savePosition, positionAfterRestore },
    indexing: { store, recordLate },
    ended: () => void (ended = true),
  });
}

const store = {
  load: async () => indexed,
  apply: async ({ mentions, over }: IndexBatch) =>
    void indexSteps.push(`apply ${[named(mentions), ...over].filter(Boolean).join(' ')}`),
  savePosition: async (position: bigint) => void indexSteps.push(`save ${position}`),
  confirm: async () => void indexSteps.push('confirm'),
  startOver: async () => void indexSteps.push('start over'),
};
async function recordLate(mentions: readonly Mention[], after: bigint | null): Promise<void> {
  const error = lateErrors.shift();
  if (error) throw error;
  indexSteps.push(`late ${named(mentions)} after ${after}`);
}

beforeEach(() => {
  jest.useFakeTimers();
  [steps, sendErrors, saveErrors] = [[], [], []];
  [owned, ended, gate] = [true, false, undefined];
  [indexSteps, indexed, lateErrors] = [[], 10n, []];
  subscription = new TestSubscription();
  metrics = new Metrics('bridge');
  bridge = new BridgeMetrics(metrics);
  begin();
});
afterEach(async () => {
  const stopping = processor.stop();
  await advance(10_000);
  await stopping;
  await flows.stop();
  jest.useRealTimers();
});

test.each([
  ['where it is', 4n, 4n],
  ['at the start, when nothing is indexed', null, 'start'],
])('the publisher begins at the position of the lease, the index %s', async (_, position, expected) => {
  await processor.stop();
  indexed = position;
  begin();
  await advance();
  expect(subscription.readers.slice(-2).map(({ after }) => after)).toEqual([expected, 10n]);
});

describe('events', () => {
  test('are published in their order, and their position is saved afterwards', async () => {
    deliver(event(11), event(12), event(13));
    await advance();
    expect(steps).toEqual(['send 11 12 13', 'save 13']);
  });

  test('are published after earlier ones', async () => {
    deliver(event(11));
    await advance();
    deliver(event(12));
    await advance();
    expect(steps).toEqual(['send 11', 'save 11', 'send 12', 'save 12']);
  });

  test('that could not be sent are sent again, before later ones', async () => {
    sendErrors = [new Error('Kafka is unavailable'), new Error('Kafka is unavailable')];
    deliver(event(11));
    await advance(100);
    deliver(event(12));
    await advance(2_000);
    expect(steps).toEqual(['send 11', 'save 11', 'send 12', 'save 12']);
  });

  test('are not sent again when only their position could not be saved', async () => {
    saveErrors = [new Error('PostgreSQL is unavailable')];
    deliver(event(11));
    await advance(2_000);
    expect(steps).toEqual(['send 11', 'save 11']);
  });

  test('that wait for Kafka count as backlog', async () => {
    sendErrors = Array.from({ length: 100 }, () => new Error('Kafka is unavailable'));
    deliver(event(11), event(12));
    await advance(1_000);
    expect(processor.backlog).toBe(2);
  });

  test('are not read without limit while Kafka is unavailable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    deliver(...Array.from({ length: 10_000 }, (_, index) => event(11 + index)));
    await advance(1_000);
    const [, publisher] = subscription.readers;
    expect(publisher?.read).toBeLessThanOrEqual(4_001);
    resolve();
  });

  test('are counted when they are published', async () => {
    deliver(event(11), event(12));
    await advance();
    expect(await metrics.registry.getSingleMetricAsString('bridge_published_total')).toContain('} 2');
  });
});

describe('a position without a message', () => {
  test('is saved after a while', async () => {
    deliver({ kind: 'checkpoint', position: 20n });
    await advance(2_000);
    expect(steps).toEqual(['save 20']);
  });

  test('is saved for an event that is not public', async () => {
    deliver(event(11, 'UpdateAcknowledged'));
    await advance(2_000);
    expect(steps).toEqual(['save 11']);
  });
});

describe('an event that cannot be read or published', () => {
  const unprojectable: Delivery = {
    kind: 'unprojectable',
    session_id: sessionId,
    revision: 1,
    event_id: '11',
    type: 'SessionEnded',
    reason: 'newer_schema_version',
    position: 11n,
  };

  test.each([
    ['unprojectable', unprojectable],
    ['malformed', event(11, 'TurnRecorded', null)],
  ])('is skipped and counted: %s', async (_, delivery) => {
    deliver(delivery, event(12));
    await advance();
    expect(steps).toEqual(['send 12', 'save 12']);
    const text = await metrics.registry.getSingleMetricAsString('bridge_skipped_events_total');
    expect(text).toContain('reader="publisher",app="bridge"} 1');
  });

  test('passes its position', async () => {
    deliver(unprojectable);
    await advance(2_000);
    expect(steps).toEqual(['save 11']);
  });
});

describe('the index', () => {
  test('is written before kept updates are searched, and its position is saved last', async () => {
    deliver(turnAbout(11, 'O1'), turnAbout(12, 'O2'));
    await advance();
    expect(indexSteps).toEqual(['apply order:O1 order:O2', 'late order:O1 order:O2 after 10', 'save 12']);
  });

  test('does not advance before kept updates are recorded', async () => {
    lateErrors = [new Error('event store is unavailable')];
    deliver(turnAbout(11, 'O1'));
    await advance(2_000);
    expect(indexSteps).toEqual(['apply order:O1', 'apply order:O1', 'late order:O1 after 10', 'save 11']);
  });

  test('forgets a session that is over', async () => {
    deliver(turnAbout(11, 'O1'), event(12));
    await advance();
    expect(indexSteps[0]).toBe(`apply ${sessionId}`);
  });

  test('continues while nothing can be published', async () => {
    sendErrors = Array.from({ length: 100 }, () => new Error('the topic is missing'));
    deliver(...Array.from({ length: 10_000 }, (_, index) => turnAbout(11 + index, 'O1')));
    await advance(5_000);
    expect(indexSteps.at(-1)).toBe('save 10010');
  });

  test('is confirmed when everything is read and nothing waits', async () => {
    deliver({ kind: 'caught_up' });
    await advance(5_100);
    expect(indexSteps).toEqual(['confirm']);
  });

  test('does not delay publishing while kept updates are recorded', async () => {
    lateErrors = Array.from({ length: 100 }, () => new Error('event store is unavailable'));
    deliver(...Array.from({ length: 10_000 }, (_, index) => turnAbout(11 + index, 'O1')));
    await advance(5_000);
    expect(steps.at(-1)).toBe('save 10010');
  });

  test('ahead of a restored store starts over, also when the publisher is not', async () => {
    await processor.stop();
    [indexed, subscription.end] = [20n, 15n];
    begin();
    await advance();
    expect(indexSteps).toEqual(['start over']);
    expect(steps).toEqual([]);
  });
});

test('a position beyond the end of a restored store goes back to its new events', async () => {
  await processor.stop();
  [ended, indexed, subscription.end] = [false, 4n, 4n];
  begin();
  await advance(2_000);
  expect(steps).toEqual(['save 3']);
  expect(indexSteps).toEqual([]);
  expect(ended).toBe(true);
});

describe('the work ends', () => {
  test('when another instance owns the partition', async () => {
    owned = false;
    deliver(event(11));
    await advance(100);
    expect(ended).toBe(false);
    await advance(1_000);
    expect(ended).toBe(true);
  });

  test('without publishing more once it is stopped, and with the position of unpublished events saved', async () => {
    deliver({ kind: 'checkpoint', position: 20n });
    await advance(0);
    await processor.stop();
    deliver(event(11));
    await advance(2_000);
    expect(steps).toEqual(['save 20']);
  });

  test('after the current batch', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    deliver(event(11));
    await advance(100);
    const stopping = processor.stop();
    resolve();
    await stopping;
    expect(steps).toEqual(['send 11', 'save 11']);
  });
});
