import { describe, expect, jest, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { Session } from '../client/session.ts';
import { limitMs, waitUntil } from '../client/test-support.ts';
import { Transport } from '../client/transport.ts';
import type { Update } from './stream.ts';
import { AgentStream } from './stream.ts';

jest.setTimeout(limitMs);

const update = (revision: number): Update => ({
  session_id: 'session',
  revision,
  event: {
    event_id: `event-${revision}`,
    type: 'FlagRaised',
    revision,
    data: {},
    occurred_at: '2026-11-24T08:00:00.000Z',
    actor: { role: 'system', id: 'spec' },
    correlation_id: 'spec',
  },
});

const transport = new Transport({
  url: 'http://127.0.0.1:9',
  agentId: 'spec',
  timeoutMs: 1,
  retryForMs: 0,
  connections: 1,
});

/** A stream that records what it acknowledges and which errors it reports. */
function openStream(after = 0): { stream: AgentStream; acknowledged: number[]; errors: unknown[] } {
  const acknowledged: number[] = [];
  const errors: unknown[] = [];
  const stream = new AgentStream({
    session: new Session(transport, 'session'),
    epoch: 1,
    after,
    acknowledge: (revision) => void acknowledged.push(revision),
    detach: () => undefined,
    onHandled: () => undefined,
    onError: (error) => void errors.push(error),
  });
  return { stream, acknowledged, errors };
}

/** Handles updates by recording their revisions. */
function recordUpdates(stream: AgentStream): number[] {
  const shown: number[] = [];
  stream.onUpdate(({ revision }) => void shown.push(revision));
  return shown;
}

describe('an update', () => {
  test('that arrives twice is shown once', async () => {
    const { stream, acknowledged } = openStream(3);
    const shown = recordUpdates(stream);
    for (const revision of [4, 4, 5]) stream.receive(update(revision));
    await waitUntil(() => acknowledged.includes(5));
    expect(shown).toEqual([4, 5]);
  });

  test('from before the attach is acknowledged and not shown', () => {
    const { stream, acknowledged } = openStream(3);
    const shown = recordUpdates(stream);
    stream.receive(update(3));
    expect([shown, acknowledged]).toEqual([[], [3]]);
  });

  test('that arrives after it was handled is acknowledged with the last one', async () => {
    const { stream, acknowledged } = openStream();
    recordUpdates(stream);
    for (const revision of [1, 2]) stream.receive(update(revision));
    await waitUntil(() => acknowledged.includes(2));
    stream.receive(update(1));
    expect(acknowledged).toEqual([1, 2, 2]);
  });

  test('waits for a handler', async () => {
    const { stream, acknowledged } = openStream();
    stream.receive(update(1));
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
    for (const revision of [1, 2]) stream.receive(update(revision));
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
    stream.receive(update(1));
    await waitUntil(() => acknowledged.includes(1));
    expect([calls, errors]).toEqual([2, [failure]]);
  });
});

describe('a loop over the updates', () => {
  test('acknowledges an update when it asks for the next', async () => {
    const { stream, acknowledged } = openStream();
    for (const revision of [1, 2]) stream.receive(update(revision));
    const updates = stream.updates();
    await updates.next();
    expect(acknowledged).toEqual([]);
    await updates.next();
    expect(acknowledged).toEqual([1]);
  });

  test('that is left leaves its current update to the next handler', async () => {
    const { stream, acknowledged } = openStream();
    stream.receive(update(1));
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
  test('says why', async () => {
    const { stream } = openStream();
    stream.finish('replaced');
    await expect(stream.ended).resolves.toBe('replaced');
  });

  test('shows no further updates', async () => {
    const { stream } = openStream();
    const shown = recordUpdates(stream);
    stream.receive(update(1));
    stream.finish('replaced');
    stream.receive(update(2));
    await stream.ended;
    expect(shown).toEqual([1]);
  });
});
