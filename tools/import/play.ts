import type { CommandItem, CommandResult, Session, Turnstream } from '@turnstream/sdk';
import { inParallel } from '#platform';
import type { Conversation } from './conversation.ts';

/** The numbers of added events, of steps, and of steps that were recorded before. */
export interface Played {
  readonly events: number;
  readonly steps: number;
  readonly repeated: number;
}

interface PlayOptions {
  /** Sessions played concurrently. */
  readonly parallel: number;
  /** Called after each recorded step. */
  readonly onStep?: (items: readonly CommandItem[]) => void;
}

/** Sends conversations to the api, each in order. Repeating it adds nothing. */
export async function play(
  turnstream: Turnstream,
  conversations: readonly Conversation[],
  { parallel, onStep }: PlayOptions,
): Promise<Played> {
  let [events, steps, repeated] = [0, 0, 0];
  const count = (result: CommandResult | undefined): void => {
    steps += 1;
    if (result?.replayed) repeated += 1;
    else events += result?.events.length ?? 0;
  };
  await inParallel(conversations, parallel, async ({ session_id, start, steps: appends }) => {
    const session = await turnstream.startSession(start, { key: `import:${session_id}` });
    count(session.started);
    for (const [index, items] of appends.entries()) {
      count(await send(session, items, `import:${session_id}:${index}`));
      onStep?.(items);
    }
  });
  return { events, steps, repeated };
}

function send(session: Session, items: readonly CommandItem[], key: string): Promise<CommandResult> {
  const [only] = items;
  if (items.length > 1 || only?.type !== 'RecordTurn') return session.commands(items, { key });
  const { type: _type, ...turn } = only;
  return session.recordTurn(turn, { key });
}
