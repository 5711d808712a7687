import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import type { Outgoing } from '#messaging';
import { createLogger, Metrics } from '#platform';
import type { Delivery } from '#sessions';
import { PositionBeyondEndError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { ConversationPublisher } from './conversation-publisher.ts';

const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const lease = {
  partition: 1,
  epoch: 3n,
  prefixes: ['session-0'],
  position: 10n,
  aheadOf: null,
};

/** Everything that the publisher did, in order: `send 11 12` and `save 12`. */
let steps: string[];
let sendErrors: Error[];
let saveErrors: Error[];
let owned: boolean;
let ended: boolean;
let read: number;
let gate: Promise<void> | undefined;
let deliveries: Delivery[];
/** The error with which the subscription ends. */
let failure: Error | undefined;
let notify: () => void;
let publisher: ConversationPublisher;
let metrics: Metrics;
let after: unknown;

const advance = (ms = 100): Promise<void> => jest.advanceTimersByTimeAsync(ms);

function deliver(...more: Delivery[]): void {
  deliveries.push(...more);
  notify();
}

function fail(error: Error): void {
  failure = error;
  notify();
}

/** The event at a position; by default one that is published. */
function event(position: number, type = 'SessionEnded', data: object | null = {}): Delivery {
  const metadata = { occurred_at: '2026-11-24T08:00:00.000Z' };
  const recorded = { type, data, event_id: String(position), revision: 1, metadata };
  return {
    kind: 'event',
    session_id: sessionId,
    event: recorded as unknown as RecordedEvent,
    position: BigInt(position),
  };
}

async function* subscription(signal: AbortSignal): AsyncGenerator<Delivery> {
  signal.addEventListener('abort', () => notify());
  while (!signal.aborted) {
    if (failure) throw failure;
    const delivery = deliveries.shift();
    if (delivery) {
      read += 1;
      yield delivery;
    } else
      await new Promise<void>((resolve) => {
        notify = resolve;
      });
  }
}

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

beforeEach(() => {
  jest.useFakeTimers();
  [steps, sendErrors, saveErrors, deliveries] = [[], [], [], []];
  [owned, ended, read, gate, after] = [true, false, 0, undefined, undefined];
  notify = () => undefined;
  failure = undefined;
  metrics = new Metrics('bridge');
  publisher = new ConversationPublisher(
    {
      subscribe: (options) => {
        after = options.after;
        return subscription(options.signal);
      },
      send,
      savePosition,
      positionAfterRestore: async () => 3n,
      queueBytes: 2 ** 20,
      metrics: new BridgeMetrics(metrics),
      logger: createLogger('bridge', 'silent'),
    },
    lease,
    () => {
      ended = true;
    },
  );
});
afterEach(async () => {
  const stopping = publisher.stop();
  await advance(10_000);
  await stopping;
  jest.useRealTimers();
});

test('the subscription begins at the position of the lease', () => {
  expect(after).toBe(10n);
});

describe('events', () => {
  test('are published in their order, and their position is saved afterwards', async () => {
    deliver(event(11), event(12), event(13));
    await advance();
    expect(steps).toEqual(['send 11 12 13', 'save 13']);
  });

  test('that come later are published after those before', async () => {
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
    expect(publisher.backlog).toBe(2);
  });

  test('are not read without limit while Kafka is unavailable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    deliver(...Array.from({ length: 10_000 }, (_, index) => event(11 + index)));
    await advance(1_000);
    expect(read).toBeLessThanOrEqual(4_001);
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

test('a position beyond the end of a restored store goes back to what is new in it', async () => {
  fail(new PositionBeyondEndError(10n, 4n));
  await advance(2_000);
  expect(steps).toEqual(['save 3']);
  expect(ended).toBe(true);
});

describe('the publisher ends', () => {
  test('when another instance owns the partition', async () => {
    owned = false;
    deliver(event(11));
    await advance(100);
    expect(ended).toBe(false);
    await advance(1_000);
    expect(ended).toBe(true);
  });

  test('without publishing more once it is stopped', async () => {
    await publisher.stop();
    deliver(event(11));
    await advance(2_000);
    expect(steps).toEqual([]);
  });

  test('after the batch under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    deliver(event(11));
    await advance(100);
    const stopping = publisher.stop();
    resolve();
    await stopping;
    expect(steps).toEqual(['send 11', 'save 11']);
  });
});
