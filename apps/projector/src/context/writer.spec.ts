import { expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { ContextProjection, ContextStore, Positioned } from '#read-models';
import { CheckpointRegressedError } from '#read-models';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { ContextWriter } from './writer.ts';

/** The bytes that may wait. */
const queueBytes = 1_000_000;

function writerOf(
  checkpoints: object,
  projection: object,
  signal = new AbortController().signal,
): ContextWriter {
  return new ContextWriter(
    {
      contexts: { checkpoints } as unknown as ContextStore,
      projection: projection as unknown as ContextProjection,
      setAside: { size: 0 } as SetAsideSessions,
      exclusively: (work) => work(),
      bytes: queueBytes,
      prefixes: ['session-0'],
      found: 7n,
      start: 7n,
    },
    { onWritten: () => undefined, onRetry: () => undefined },
    signal,
  );
}

/** A writer that loses Redis, and gets it back at once, during a step. */
function writerLostAt(lostAt: 'read' | 'write') {
  const reads: bigint[] = [];
  const lose = (): void => {
    if (reads.length === 1) writer.doubt();
  };
  const checkpoints = {
    read: async () => {
      reads.push(7n);
      if (lostAt === 'read') lose();
      return 7n;
    },
    save: async () => undefined,
  };
  const projection = {
    write: async () => {
      if (lostAt === 'write') lose();
      return { setAside: [], failures: [] };
    },
  };
  const writer: ContextWriter = writerOf(checkpoints, projection);
  return { writer, reads };
}

test('a loss during the comparison of checkpoints has them compared again', async () => {
  const { writer, reads } = writerLostAt('read');
  await writer.check();
  expect(reads).toHaveLength(2);
});

test('a loss while a batch is written makes the contexts start over, even if Redis answers again', async () => {
  const { writer } = writerLostAt('write');
  const event = { revision: 0, metadata: {} };
  await writer.push({ session_id: 's', position: 8n, event } as Positioned);
  await expect(writer.run()).rejects.toThrow(CheckpointRegressedError);
});

test('large events fill a queue by their size', async () => {
  const stop = new AbortController();
  const { promise: returned, resolve: comeBack } = Promise.withResolvers<void>();
  let isAsked = false;
  const write = async (): Promise<object> => {
    isAsked = true;
    await returned;
    return { setAside: [], failures: [] };
  };
  const checkpoints = { read: async () => 7n, save: async () => undefined };
  const writer = writerOf(checkpoints, { write }, stop.signal);
  const data = { text: 'x'.repeat(100_000) };
  let [pushed, isPushed] = [0, false];
  const pushing = (async () => {
    for (; pushed < 100; pushed += 1)
      await writer.push({
        session_id: 's',
        position: 8n + BigInt(pushed),
        event: { data, metadata: {} },
      } as unknown as Positioned);
    isPushed = true;
  })();
  const running = writer.run();
  await waitUntil(() => isAsked && (isPushed || writer.waitingBytes > queueBytes), { everyMs: 1 });
  // A batch that is being written, and a full queue.
  expect(writer.waitingBytes).toBeLessThan(2 * (queueBytes + 100_100));
  comeBack();
  await pushing;
  stop.abort();
  await running;
});
