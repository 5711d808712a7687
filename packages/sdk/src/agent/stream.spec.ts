import { describe, expect, jest, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { Session } from '../client/session.ts';
import { limitMs, waitUntil } from '../client/test-support.ts';
import { TokenSource } from '../client/token.ts';
import { Transport } from '../client/transport.ts';
import { HandlerTimedOut } from './run-handler.ts';
import type { HandlerLimits } from './stream.ts';
import { AgentStream } from './stream.ts';
import { testUpdate } from './test-update.ts';

jest.setTimeout(limitMs);

const transport = new Transport({
  url: 'http://127.0.0.1:9',
  agentId: 'spec',
  token: new TokenSource('spec'),
  timeoutMs: 1,
  retryForMs: 0,
  connections: 1,
});

interface TestStream {
  readonly stream: AgentStream;
  readonly acknowledged: number[];
  readonly skipped: unknown[];
  readonly errors: unknown[];
}

/** A stream that records what it acknowledges and skips, and which errors it reports. */
function openStream(after = 0, limits: Partial<HandlerLimits> = {}): TestStream {
  const acknowledged: number[] = [];
  const skipped: unknown[] = [];
  const errors: unknown[] = [];
  const stream = new AgentStream({
    session: new Session(transport, 'session'),
    epoch: 1,
    after,
    limits: { timeoutMs: limitMs, attempts: 100, ...limits },
    handledUpTo: () => -1,
    acknowledge: (revision, reason) => {
      acknowledged.push(revision);
      if (reason !== undefined) skipped.push([revision, reason]);
    },
    detach: () => Promise.resolve(),
    onHandled: () => undefined,
    onError: (error) => void errors.push(error),
    onSkipped: ({ revision }, reason) => void skipped.push([revision, `${reason} (reported)`]),
  });
  return { stream, acknowledged, skipped, errors };
}

/** Handles updates by recording their revisions. */
function recordUpdates(stream: AgentStream): number[] {
  const shown: number[] = [];
  stream.onUpdate(({ revision }) => void shown.push(revision));
  return shown;
}

describe('an update', () => {
  test('that arrives twice is delivered once', async () => {
    const { stream, acknowledged } = openStream(3);
    const shown = recordUpdates(stream);
    for (const revision of [4, 4, 5]) stream.receive(testUpdate(revision));
    await waitUntil(() => acknowledged.includes(5));
    expect(shown).toEqual([4, 5]);
  });

  test('from before the attach is acknowledged and not delivered', () => {
    const { stream, acknowledged } = openStream(3);
    const shown = recordUpdates(stream);
    stream.receive(testUpdate(3));
    expect([shown, acknowledged]).toEqual([[], [3]]);
  });

  test('that arrives again after it was handled is acknowledged again', async () => {
    const { stream, acknowledged } = openStream();
    recordUpdates(stream);
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    await waitUntil(() => acknowledged.includes(2));
    stream.receive(testUpdate(1));
    expect(acknowledged).toEqual([1, 2, 1]);
  });

  test('waits for a handler', async () => {
    const { stream, acknowledged } = openStream();
    stream.receive(testUpdate(1));
    expect(acknowledged).toEqual([]);
    recordUpdates(stream);
    await waitUntil(() => acknowledged.includes(1));
  });

  test('waits for the handler of the previous one', async () => {
    const { stream, acknowledged } = openStream();
    const gate = deferred<void>();
    const started: number[] = [];
    stream.onUpdate(({ revision }) => {
      started.push(revision);
      return revision === 1 ? gate.promise : undefined;
    });
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    await waitUntil(() => started.includes(1));
    expect([started, acknowledged]).toEqual([[1], []]);
    gate.resolve();
    await waitUntil(() => acknowledged.includes(2));
    expect(started).toEqual([1, 2]);
  });

  test('whose handler failed is handled again', async () => {
    const { stream, acknowledged, errors } = openStream();
    const failure = new Error('spec');
    let calls = 0;
    stream.onUpdate(() => {
      calls += 1;
      if (calls === 1) throw failure;
    });
    stream.receive(testUpdate(1));
    await waitUntil(() => acknowledged.includes(1));
    expect([calls, errors]).toEqual([2, [failure]]);
  });
});

describe('the handler of an update', () => {
  test('that does not finish in time skips the update and continues with the next one', async () => {
    const { stream, acknowledged, skipped, errors } = openStream(0, { timeoutMs: 20 });
    let signal: AbortSignal | undefined;
    stream.onUpdate(({ revision }, _stream, run) => {
      if (revision > 1) return undefined;
      ({ signal } = run);
      return new Promise(() => undefined);
    });
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    await waitUntil(() => acknowledged.includes(2));
    expect(skipped).toEqual([
      [1, 'handler_timed_out'],
      [1, 'handler_timed_out (reported)'],
    ]);
    expect(errors).toEqual([expect.any(HandlerTimedOut)]);
    expect(signal?.aborted).toBe(true);
  });

  test('that fails repeatedly skips the update', async () => {
    const { stream, acknowledged, skipped, errors } = openStream(0, { attempts: 3 });
    stream.onUpdate(({ revision }) => {
      if (revision === 1) throw new Error('spec');
    });
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    await waitUntil(() => acknowledged.includes(2));
    expect(errors).toHaveLength(3);
    expect(skipped[0]).toEqual([1, 'handler_failed']);
  });

  test('that fails after the stream ended leaves the update to the next owner', async () => {
    const { stream, acknowledged, skipped } = openStream(0, { attempts: 1 });
    const gate = deferred<void>();
    stream.onUpdate(() => gate.promise);
    stream.receive(testUpdate(1));
    const { running } = stream;
    stream.finish('replaced');
    gate.reject(new Error('spec'));
    await running;
    expect([acknowledged, skipped]).toEqual([[], []]);
  });
});

describe('a loop over the updates', () => {
  test('continues after an update that took too long', async () => {
    const { stream, acknowledged } = openStream(0, { timeoutMs: 20 });
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    const shown: number[] = [];
    for await (const { revision } of stream.updates()) {
      shown.push(revision);
      if (revision === 1) await waitUntil(() => acknowledged.includes(1));
      else break;
    }
    expect(shown).toEqual([1, 2]);
  });

  test('acknowledges an update when it asks for the next', async () => {
    const { stream, acknowledged } = openStream();
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    const updates = stream.updates();
    await updates.next();
    expect(acknowledged).toEqual([]);
    await updates.next();
    expect(acknowledged).toEqual([1]);
  });

  test('that is left keeps the handler that was set in it', async () => {
    const { stream, acknowledged } = openStream();
    let shown: number[] = [];
    for (const revision of [1, 2]) stream.receive(testUpdate(revision));
    for await (const { revision } of stream.updates()) {
      shown = recordUpdates(stream);
      if (revision === 1) break;
    }
    await waitUntil(() => acknowledged.includes(2));
    expect(shown).toEqual([1, 2]);
  });

  test('that is left leaves its current update to the next handler', async () => {
    const { stream, acknowledged } = openStream();
    stream.receive(testUpdate(1));
    for await (const { revision } of stream.updates()) if (revision === 1) break;
    const shown = recordUpdates(stream);
    await waitUntil(() => acknowledged.includes(1));
    expect(shown).toEqual([1]);
  });

  test('ends with the stream', async () => {
    const { stream } = openStream();
    const next = stream.updates().next();
    stream.finish('replaced');
    await expect(next).resolves.toMatchObject({ done: true });
  });
});

describe('a stream that ended', () => {
  test('gives the reason', async () => {
    const { stream } = openStream();
    stream.finish('replaced');
    await expect(stream.ended).resolves.toBe('replaced');
  });

  test('delivers no further updates', async () => {
    const { stream } = openStream();
    const shown = recordUpdates(stream);
    stream.receive(testUpdate(1));
    stream.finish('replaced');
    stream.receive(testUpdate(2));
    await stream.ended;
    expect(shown).toEqual([1]);
  });
});
