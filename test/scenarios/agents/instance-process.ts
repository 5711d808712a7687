/** An agent instance in its own process: reports the updates of its handler, attaches sessions on request. */
import { connectAgent } from '@turnstream/sdk';

/** A report of such a process. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'attached'; readonly session_id: string; readonly epoch: number }
  | {
      readonly kind: 'handled';
      readonly session_id: string;
      readonly revision: number;
      readonly type: string;
      readonly occurred_at: string;
      readonly at: number;
    };

const { AGENT_URLS = '', AGENT_POOL = '', AGENT_INSTANCE = '' } = process.env;
const report = (message: Message): void => {
  process.send?.(message);
};
process.on('disconnect', () => process.exit(0));

const agent = await connectAgent({
  url: AGENT_URLS.split(','),
  pool: AGENT_POOL,
  instance: AGENT_INSTANCE,
  capacity: 1_000,
  onUpdate: ({ session_id, revision, event: { type, occurred_at } }) => {
    const at = performance.timeOrigin + performance.now();
    report({ kind: 'handled', session_id, revision, type, occurred_at, at });
  },
});
process.on('message', ({ attach }: { attach: string }) => void attachTo(attach));
report({ kind: 'ready' });

async function attachTo(sessionId: string): Promise<void> {
  const { epoch } = await agent.attach(sessionId);
  report({ kind: 'attached', session_id: sessionId, epoch });
}
