/** An agent instance in its own process, on the SDK: reports each update before the SDK acknowledges it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAgent } from '@turnstream/sdk';
import type { HandledEntry } from '../common/history.ts';
import { now } from '../common/now.ts';

/** A report of such a process. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'owns'; readonly session_id: string; readonly epoch: number }
  | HandledEntry;

const { AGENT_URLS = '', AGENT_POOL = '', AGENT_INSTANCE = '' } = process.env;
const longestMs = 100;

/** Resolves when the report is certain to arrive, even if this process is killed. */
const report = (message: Message): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
process.on('disconnect', () => process.exit(0));

const agent = await connectAgent({
  url: AGENT_URLS.split(','),
  pool: AGENT_POOL,
  instance: AGENT_INSTANCE,
  capacity: 1_000,
  retryForMs: 120_000,
  onTakeover: ({ sessionId, epoch }) => void report({ kind: 'owns', session_id: sessionId, epoch }),
  onUpdate: async ({ session_id, revision, event }) => {
    const start = now();
    await sleep(longestMs * Math.random());
    const { instance } = agent;
    await report({
      kind: 'handled',
      instance,
      session_id,
      revision,
      event_type: event.type,
      start,
      end: now(),
    });
  },
});
process.on('message', ({ attach }: { attach: string }) => void attachTo(attach).catch(() => undefined));
await report({ kind: 'ready' });

async function attachTo(sessionId: string): Promise<void> {
  const { epoch } = await agent.attach(sessionId);
  await report({ kind: 'owns', session_id: sessionId, epoch });
}
