import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { createLogger, Metrics } from '#platform';
import type { Delivery } from '#sessions';
import { StoreUnavailableError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import type { IndexBatch, Mention } from './changes.ts';
import { IndexWriter } from './index-writer.ts';

const partner_id = 'P1';
/** The writer's steps, in order: `apply O1` and `save 12`. */
let steps: string[];
/** The mentions of arriving sessions, or the error of reading them. */
let mentionsIn: () => Promise<readonly Mention[]>;
let stopping: AbortController;
let writer: IndexWriter;
let running: Promise<void>;

const store = {
  load: async () => 10n,
  apply: async ({ mentions }: IndexBatch) =>
    void steps.push(`apply ${mentions.map(({ reference }) => reference).join(' ')}`),
  savePosition: async (position: bigint) => void steps.push(`save ${position}`),
  confirm: async () => undefined,
  startOver: async () => undefined,
};

beforeEach(async () => {
  jest.useFakeTimers();
  steps = [];
  mentionsIn = async () => [];
  stopping = new AbortController();
  const metrics = new BridgeMetrics(new Metrics('bridge'));
  const logger = createLogger('bridge', 'silent');
  writer = new IndexWriter(
    {
      store,
      cacheBytes: 2 ** 16,
      recordLate: async () => undefined,
      mentionsIn: () => mentionsIn(),
      metrics,
      logger,
    },
    stopping.signal,
  );
  await writer.load();
  running = writer.run();
  await write(turnAbout(11, 'O1'));
});

afterEach(async () => {
  stopping.abort();
  await jest.advanceTimersByTimeAsync(5_000);
  await running;
  jest.useRealTimers();
});

function event(position: number, type: string, data: object = {}): Delivery {
  const metadata = { occurred_at: '2026-11-24T08:00:00.000Z' };
  const recorded = { type, data, event_id: String(position), revision: position, metadata };
  const session_id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
  return {
    kind: 'event',
    session_id,
    event: recorded as unknown as RecordedEvent,
    position: BigInt(position),
  };
}

function turnAbout(position: number, order_id: string): Delivery {
  return event(position, 'TurnRecorded', { extracted_entities: { order_id } });
}

async function write(...deliveries: Delivery[]): Promise<void> {
  for (const delivery of deliveries) await writer.receive(delivery);
  await jest.advanceTimersByTimeAsync(100);
}

test('a repeated mention is not written again', async () => {
  await write(turnAbout(12, 'O1'), turnAbout(13, 'O1'));
  await write(turnAbout(14, 'O1'), turnAbout(15, 'O2'));
  expect(steps).toEqual(['apply O1', 'save 11', 'apply O2', 'save 15']);
});

test('a position without later changes is saved after a while', async () => {
  await write(turnAbout(12, 'O1'));
  await jest.advanceTimersByTimeAsync(2_000);
  expect(steps).toEqual(['apply O1', 'save 11', 'save 12']);
});

test('positions are saved even if nothing changes for long', async () => {
  for (let position = 12; position < 40; position += 1) await write(turnAbout(position, 'O1'));
  expect(steps.filter((step) => step.startsWith('save')).length).toBeGreaterThan(2);
});

test('a session that begins again is written again', async () => {
  await write(event(12, 'SessionEnded'));
  await write(event(13, 'SessionStarted', { partner_id }), turnAbout(14, 'O1'));
  expect(steps).toEqual(['apply O1', 'save 11', 'apply ', 'save 12', `apply ${partner_id} O1`, 'save 14']);
});

test('a session that arrives and cannot be read does not delay the others', async () => {
  mentionsIn = () => Promise.reject(new TypeError('not readable'));
  await write(event(12, 'SessionArrived'), turnAbout(13, 'O2'));
  expect(steps).toEqual(['apply O1', 'save 11', 'apply O2', 'save 13']);
});

test('a session that arrives is read again while the event store is unavailable', async () => {
  const errors = [new StoreUnavailableError()];
  mentionsIn = async () => {
    const error = errors.pop();
    if (error) throw error;
    steps.push('read');
    return [];
  };
  await write(event(12, 'SessionArrived'));
  await jest.advanceTimersByTimeAsync(2_000);
  expect(steps).toEqual(['apply O1', 'save 11', 'apply ', 'apply ', 'read', 'save 12']);
});
