import type { RecordedEvent } from '#domain';
import type { DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';
import { mergeChanges } from '../tables/batch.ts';
import { changesOf } from '../tables/items.ts';
import { addWords } from '../tables/row-seals.ts';
import type {
  CorrelationRow,
  EntityRow,
  MilestoneRow,
  ReferenceRow,
  SessionRow,
  TokenRow,
  TurnRow,
} from '../tables/rows.ts';
import type { TextSearchScope } from '../text-search/config.ts';

/** A word of a turn, as in `turn_word`. */
interface WordRow {
  readonly word: string;
  readonly revision: number;
}

/** The plain rows of one session. */
export interface ExpectedRows {
  readonly session: SessionRow | undefined;
  readonly turns: readonly TurnRow[];
  readonly entities: readonly EntityRow[];
  readonly tokens: readonly TokenRow[];
  readonly references: readonly ReferenceRow[];
  readonly milestones: readonly MilestoneRow[];
  readonly words: readonly WordRow[];
  readonly correlations: readonly CorrelationRow[];
}

const none: ExpectedRows = {
  session: undefined,
  turns: [],
  entities: [],
  tokens: [],
  references: [],
  milestones: [],
  words: [],
  correlations: [],
};

/**
 * The rows of the tables after all events of a session, up to the first that no row can hold.
 * @throws KeyStoreUnavailableError
 */
export async function expectedRows(
  sessionId: string,
  events: readonly RecordedEvent[],
  keys: DataKeys | undefined,
  textSearch: TextSearchScope,
): Promise<ExpectedRows> {
  if (events.some(({ type }) => type === 'SessionErased')) return none;
  const items = events.map((event) => ({ session_id: sessionId, event, position: 0n }));
  const { changes } = changesOf(items, keys && (await BlindIndex.load(keys)));
  const rows = mergeChanges(await addWords(changes, textSearch, keys));
  const [session] = rows.started;
  // Turns of a session without a first event belong to no partner and are not stored.
  if (session === undefined) return { ...none, tokens: rows.tokens };
  const words = rows.words.flatMap(({ revision, words: of }) => of.map((word) => ({ word, revision })));
  return { ...rows, session, words };
}
