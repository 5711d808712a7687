import type { RecordedEvent } from '#domain';
import type { BlindIndex } from '#privacy';
import { mergeChanges } from '../tables/batch.ts';
import { changesOf } from '../tables/items.ts';
import type { EntityRow, ReferenceRow, SessionRow, TokenRow, TurnRow } from '../tables/rows.ts';

/** The rows of one session, not sealed. */
export interface ExpectedRows {
  readonly session: SessionRow | undefined;
  readonly turns: readonly TurnRow[];
  readonly entities: readonly EntityRow[];
  readonly tokens: readonly TokenRow[];
  readonly references: readonly ReferenceRow[];
}

const none: ExpectedRows = { session: undefined, turns: [], entities: [], tokens: [], references: [] };

/** What the tables hold after the events of a session, all of them from the first, up to one that no row can hold. Pure. */
export function expectedRows(
  sessionId: string,
  events: readonly RecordedEvent[],
  index: BlindIndex | undefined,
): ExpectedRows {
  if (events.some(({ type }) => type === 'SessionErased')) return none;
  const items = events.map((event) => ({ session_id: sessionId, event, position: 0n }));
  const { started, turns, entities, tokens, references } = mergeChanges(changesOf(items, index).changes);
  const [session] = started;
  // Turns of a session without a first event belong to nobody, and are not stored.
  return session ? { session, turns, entities, tokens, references } : { ...none, tokens };
}
