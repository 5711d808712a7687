import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { AgentStream } from './agent-stream.ts';
import type { Update } from './agent-stream.ts';
import type { Session } from './session.ts';

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

/** A stream that notes what it acknowledges and which errors it meets. */
function streamOf(after = 0): { stream: AgentStream; acknowledged: number[]; errors: unknown[] } {
  const acknowledged: number[] = [];
  const errors: unknown[] = [];
  const stream = new AgentStream(
    'session',
    {} as Session,
    { epoch: 1, after },
    {
      acknowledge: (revision) => void acknowledged.push(revision),
      detach: () => undefined,
      onHandled: () => undefined,
      onError: (error) => void errors.push(error),
    },
  );
  return { stream, acknowledged, errors };
}

test('an update that comes again is acknowledged again and not shown again', async () => {
  const { stream, acknowledged } = streamOf(3);
  const shown: number[] = [];
  stream.onUpdate(({ revision }) => void shown.push(revision));
  for (const revision of [3, 4, 4, 5]) stream.receive(update(revision));
  await sleep(5);
  stream.receive(update(4));
  await sleep(5);
  expect([shown, acknowledged]).toEqual([
    [4, 5],
    [3, 4, 5, 5],
  ]);
});

test('updates wait for a handler, and for the one before', async () => {
  const { stream, acknowledged } = streamOf();
  stream.receive(update(1));
  stream.receive(update(2));
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  stream.onUpdate(({ revision }) => gates[revision - 1]?.promise);
  await sleep(5);
  expect(acknowledged).toEqual([]);
  gates[0]?.resolve();
  await sleep(5);
  expect(acknowledged).toEqual([1]);
  gates[1]?.resolve();
  await sleep(5);
  expect(acknowledged).toEqual([1, 2]);
});

test('a stream that ended shows nothing more, and its loop ends', async () => {
  const { stream, acknowledged } = streamOf();
  const shown: number[] = [];
  const loop = (async () => {
    for await (const { revision } of stream.updates()) shown.push(revision);
  })();
  stream.receive(update(1));
  await sleep(5);
  stream.finish('replaced');
  stream.receive(update(2));
  await loop;
  expect(await stream.ended).toBe('replaced');
  expect([shown, acknowledged]).toEqual([[1], [1]]);
});
