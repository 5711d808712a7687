import { beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject, RecordedEvent } from '#domain';
import { createLogger, Metrics } from '#platform';
import type { CommandExecutor, CommandResult } from '#sessions';
import { AppendTooLargeError, CommandIdReusedError, StoreUnavailableError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import type { IncomingEvent } from './declared-events.ts';
import { ExternalUpdates, mustWait } from './external-updates.ts';
import { updateOf } from './update-of.ts';
import { appended, executor, rejectedWith, replayed } from './test-executor.ts';

const event: IncomingEvent = {
  source_event_id: '/orders/1',
  system: 'orders',
  kind: 'order_updated',
  version: 1,
  known: true,
  subject: 'ORD1',
  data: { order_id: 'ORD1', status: 'delivered' },
  references: { order: 'ORD1' },
  status: 'delivered',
  occurred_at_source: '2026-11-28T13:00:00.000Z',
  public_text: null,
};
const marked: string[] = [];
const metrics = new Metrics('bridge');
const bridge = new BridgeMetrics(metrics);

/** The error for an id that was used before, for an update that was resolved differently. */
function recordedBefore(data: JsonObject): CommandIdReusedError {
  const update = { type: 'ExternalUpdateRecorded', data: { system: 'orders', kind: 'of_before', data } };
  return new CommandIdReusedError('1', [update as unknown as RecordedEvent]);
}

function record(
  commands: Pick<CommandExecutor, 'execute'>,
  more: Partial<IncomingEvent> = {},
  sessions: readonly string[] = ['a', 'b'],
  signal?: AbortSignal,
): ReturnType<ExternalUpdates['record']> {
  const { update } = updateOf({ ...event, ...more });
  const notRead = { read: () => Promise.reject(new Error('not read')) as never };
  const noMore = { first: async () => [], next: async () => undefined };
  const kept = { keep: async () => [], markMatched: async (id: string) => void marked.push(id) };
  const ownership = { learn: async () => undefined, owners: async () => [], addressees: async () => [] };
  const [lag, recorder] = [{ obstacle: async () => null }, new UpdateRecorder(commands)];
  const logger = createLogger('bridge', 'silent');
  const updates = new ExternalUpdates(notRead, noMore, kept, ownership, recorder, lag, bridge, logger);
  const addressees = { references: [], partner: null };
  return updates.record({ id: '7', update, addressees, page: { sessions, next: undefined } }, signal);
}

describe('an external update', () => {
  beforeEach(() => void marked.splice(0));

  test('is recorded in every session that it concerns', async () => {
    const commands = executor();
    expect(await record(commands)).toEqual({ sessions: 2, appended: 2 });
    expect(commands.requests.map(({ sessionId }) => sessionId)).toEqual(['a', 'b']);
  });

  test('is recorded with the fields that its declaration found, apart from its content', async () => {
    const commands = executor();
    await record(commands);
    const { references, status, occurred_at_source, public_text } = event;
    expect(commands.requests[0]).toMatchObject({
      commands: [{ reference: 'ORD1', references, status, occurred_at_source, public_text }],
      body: { system: 'orders', kind: 'order_updated', reference: 'ORD1', data: event.data },
    });
    expect(Object.keys(commands.requests[0]?.body ?? {})).toEqual(['system', 'kind', 'reference', 'data']);
  });

  test('counts as matched when a session has it', async () => {
    await record(executor());
    expect(marked).toEqual(['7']);
  });

  test('that was recorded before appends nothing', async () => {
    expect(await record(executor(replayed, appended))).toEqual({ sessions: 2, appended: 1 });
  });

  test.each(['session_over', 'session_not_found'] as const)(
    '%s: concerns the session no more',
    async (code) => {
      expect(await record(executor(rejectedWith(code), appended))).toEqual({ sessions: 1, appended: 1 });
    },
  );

  test('that only ended sessions mention is not matched', async () => {
    const over = rejectedWith('session_over');
    expect(await record(executor(over, over))).toEqual({ sessions: 0, appended: 0 });
    expect(marked).toEqual([]);
  });

  test('of an unknown version names no reference', async () => {
    const commands = executor();
    await record(commands, { known: false, version: 9 });
    const [request] = commands.requests;
    expect(request?.body).toMatchObject({ reference: null, data: { version: 9, content: event.data } });
    expect(request?.commands[0]).not.toHaveProperty('references');
  });

  test('whose id came before with other data in all sessions is not retryable', async () => {
    const used = recordedBefore({ order_id: 'ORD1', status: 'shipped' });
    await expect(record(executor(used, used))).rejects.toMatchObject({ code: 'refused' });
    expect(marked).toEqual([]);
  });

  test('whose events the event store does not take for their size is not retryable', async () => {
    const large = new AppendTooLargeError();
    await expect(record(executor(large, large))).rejects.toMatchObject({
      code: 'refused',
      message: large.message,
    });
  });

  test.each([
    ['another kind', event.data],
    ['of a version that was unknown', { version: 1, content: event.data }],
  ])('that was recorded as %s, before the declarations changed, is known', async (_as, data) => {
    expect(await record(executor(recordedBefore(data), appended))).toEqual({ sessions: 2, appended: 1 });
    expect(marked).toEqual(['7']);
  });

  test('that is of an unknown version only now is known', async () => {
    const commands = executor(recordedBefore(event.data), appended);
    const recording = record(commands, { known: false, version: 9 });
    expect(await recording).toEqual({ sessions: 2, appended: 1 });
  });

  test.each([recordedBefore({}), new Error('strange event')])(
    'that one session cannot take is recorded in the others, and counted: %s',
    async (error) => {
      metrics.registry.resetMetrics();
      expect(await record(executor(error, appended))).toEqual({ sessions: 1, appended: 1 });
      const failed = await metrics.registry.getSingleMetricAsString('bridge_updates_failed_total');
      expect(failed).toContain('} 1');
    },
  );

  test('counts as matched also when the process ends before all sessions have it', async () => {
    const stop = new AbortController();
    const commands = slow(() => stop.abort());
    await record(commands, {}, ['a', 'b'], stop.signal).catch(() => undefined);
    expect(marked).toEqual(['7']);
  });

  test('is retryable while the store is unavailable', async () => {
    await expect(record(executor(new StoreUnavailableError()))).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

/** Work that records its greatest concurrency. */
function slow(during: () => void = () => undefined): {
  most: number;
  ended: number;
  execute(): Promise<CommandResult>;
} {
  let running = 0;
  const counts = {
    most: 0,
    ended: 0,
    execute: async () => {
      running += 1;
      counts.most = Math.max(counts.most, running);
      await Promise.resolve();
      running -= 1;
      counts.ended += 1;
      during();
      return appended;
    },
  };
  return counts;
}

describe('an update for 10,000 sessions', () => {
  const sessions = Array.from({ length: 10_000 }, (_, index) => String(index));

  test('is recorded in a few of them at a time', async () => {
    const commands = slow();
    expect(await record(commands, {}, sessions)).toEqual({ sessions: 10_000, appended: 10_000 });
    expect(commands.most).toBeLessThanOrEqual(32);
  });

  test('shares this bound with other updates', async () => {
    const commands = slow();
    const recorder = new UpdateRecorder(commands);
    const { update } = updateOf(event);
    await Promise.all(sessions.slice(0, 200).map((id) => recorder.record(id, update)));
    expect(commands.most).toBeLessThanOrEqual(32);
  });

  test('waits for its next delivery when the process ends', async () => {
    const stop = new AbortController();
    const commands = slow(() => commands.ended >= 100 && stop.abort());
    const error: unknown = await record(commands, {}, sessions, stop.signal).catch(
      (caught: unknown) => caught,
    );
    expect(mustWait(error)).toBe(true);
    expect(commands.ended).toBeLessThan(200);
  });
});
