/** An agent instance as a process of its own, for proofs to kill: says what its handler gets, attaches as it is told. */
import { connectAgent } from '@turnstream/sdk';

/** What such a process says. */
export type Said =
  | { readonly say: 'ready' }
  | { readonly say: 'attached'; readonly session_id: string; readonly epoch: number }
  | {
      readonly say: 'handled';
      readonly session_id: string;
      readonly revision: number;
      readonly type: string;
      readonly occurred_at: string;
      readonly at: number;
    };

const { AGENT_URLS = '', AGENT_POOL = '', AGENT_INSTANCE = '' } = process.env;
const say = (said: Said): void => {
  process.send?.(said);
};
process.on('disconnect', () => process.exit(0));

const agent = await connectAgent({
  url: AGENT_URLS.split(','),
  pool: AGENT_POOL,
  instance: AGENT_INSTANCE,
  capacity: 1_000,
  onUpdate: ({ session_id, revision, event: { type, occurred_at } }) =>
    say({
      say: 'handled',
      session_id,
      revision,
      type,
      occurred_at,
      at: performance.timeOrigin + performance.now(),
    }),
});
process.on('message', (message: { attach: string }) => {
  void agent.attach(message.attach).then(({ sessionId, epoch }) => {
    say({ say: 'attached', session_id: sessionId, epoch });
    return undefined;
  });
});
say({ say: 'ready' });
