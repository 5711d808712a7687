import type { Context, Turnstream } from '@turnstream/sdk';
import type { RecordedEvent } from '#domain';
import { contextOf, evolveSession, newSession } from '#domain';
import { inParallel } from '#platform';
import type { Conversation } from '../../../tools/import/conversation.ts';

export interface RevisionFacts {
  readonly revisions: number;
  /** Revisions at which the api's context differed from the fold of the events up to there, as `session at n`. */
  readonly different: readonly string[];
}

/** Reads the context of each conversation at each of its revisions. */
export async function everyRevision(
  turnstream: Turnstream,
  conversations: readonly Conversation[],
): Promise<RevisionFacts> {
  const different: string[] = [];
  let revisions = 0;
  await inParallel(conversations, 8, async ({ session_id }) => {
    const session = turnstream.session(session_id);
    let folded = newSession(session_id);
    for await (const event of session.events({ limit: 1_000 })) {
      folded = evolveSession(folded, event as unknown as RecordedEvent);
      const shown: Context = await session.context({ atRevision: event.revision });
      revisions += 1;
      if (textOf(shown) !== textOf(contextOf(folded))) different.push(`${session_id} at ${event.revision}`);
    }
  });
  return { revisions, different };
}

/** A document as a text, independent of the order of members. */
function textOf(document: object): string {
  return JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
