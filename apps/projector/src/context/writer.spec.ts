import { expect, test } from '@jest/globals';
import type { ContextProjection, ContextStore, Positioned } from '#read-models';
import { CheckpointRegressedError } from '#read-models';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { ContextWriter } from './writer.ts';

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
  const writer: ContextWriter = new ContextWriter(
    {
      contexts: { checkpoints } as unknown as ContextStore,
      projection: projection as unknown as ContextProjection,
      setAside: { size: 0 } as SetAsideSessions,
      exclusively: (work) => work(),
      bytes: 1_000_000,
      prefixes: ['session-0'],
      found: 7n,
      start: 7n,
    },
    { onWritten: () => undefined, onRetry: () => undefined },
    new AbortController().signal,
  );
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
