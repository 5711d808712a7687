import type { Pool } from 'pg';
import type { DataKey, DataKeys } from '#privacy';
import { erased, erasedText, PartnerErasedError } from '#privacy';
import type { TextSearchScope } from '../text-search/config.ts';
import { WordIndex } from '../text-search/word-index.ts';
import type { RowChange } from './rows.ts';
import { sealedColumns, sealedText } from './sealed-columns.ts';

/** Seals personal data in the rows of turns. Without keys they stay plain. */
export class RowSeals {
  constructor(
    private readonly pool: Pick<Pool, 'query'>,
    private readonly keys: DataKeys | undefined,
    private readonly textSearch: TextSearchScope,
  ) {}

  /** The changes in their stored form. @throws KeyStoreUnavailableError */
  async seal(changes: readonly RowChange[]): Promise<readonly RowChange[]> {
    const { keys } = this;
    if (keys === undefined && this.textSearch === 'off') return changes;
    const index = await WordIndex.load(this.textSearch, keys);
    if (keys === undefined) return changes.map((change) => withWords(change, index, undefined));
    const partners = await this.partnersOf(changes);
    const found = await keys.ofAll(partners.values(), ifErased);
    // Made of these changes after the partner's values were forgotten.
    if ([...found.values()].includes(erased)) keys.indexes.clear();
    return changes.map((plain) => {
      // Plain references are only written for bridges of the previous release, which cannot read sealed ones.
      const change = { ...plain, references: [] };
      const session_id = sealedOf(change)?.session_id;
      if (session_id === undefined) return change;
      const key = found.get(partners.get(session_id) ?? '');
      return key === erased
        ? withoutContent(change)
        : sealed(withWords(change, index, key), key, keys.together);
    });
  }

  /** The partners of the sessions: from their first event, the event itself, or the session's row. */
  private async partnersOf(changes: readonly RowChange[]): Promise<ReadonlyMap<string, string>> {
    const partners = new Map<string, string>();
    const unknown = new Set<string>();
    const starts = new Map<string, string>();
    for (const change of changes) {
      const { started, partner_id } = change;
      if (started) starts.set(started.session_id, started.partner_id);
      const id = sealedOf(change)?.session_id;
      if (id === undefined || partners.has(id)) continue;
      const partner = starts.get(id) ?? partner_id;
      if (partner === undefined) unknown.add(id);
      else partners.set(id, partner);
    }
    const missing = [...unknown].filter((id) => !partners.has(id));
    if (missing.length === 0) return partners;
    const { rows } = await this.pool.query<{ session_id: string; partner_id: string }>(
      'SELECT session_id, partner_id FROM conversation_session WHERE session_id = ANY ($1::uuid[])',
      [missing],
    );
    for (const { session_id, partner_id } of rows) partners.set(session_id, partner_id);
    return partners;
  }
}

/** The part of a change that is sealed. Erased texts are not: sealing them would create a new key for the partner. */
export function sealedOf({ turn, reply }: RowChange): { readonly session_id: string } | undefined {
  const isErased = turn?.message_text === erasedText && Object.keys(turn.extracted_entities).length === 0;
  return turn && !isErased ? turn : reply && reply.response_text !== erasedText ? reply : undefined;
}

/** Adds the words of one session's turns to its changes. Creates no key. @throws KeyStoreUnavailableError */
export async function addWords(
  changes: readonly RowChange[],
  textSearch: TextSearchScope,
  keys: DataKeys | undefined,
): Promise<readonly RowChange[]> {
  if (textSearch === 'off') return changes;
  const index = await WordIndex.load(textSearch, keys);
  if (keys === undefined) return changes.map((change) => withWords(change, index, undefined));
  const partner = changes.find(({ started }) => started)?.started?.partner_id ?? '';
  const key = await keys.existing(partner);
  return changes.map((change) => (sealedOf(change) ? withWords(change, index, key) : change));
}

/** Adds the words of a turn, while they can be read. */
function withWords(change: RowChange, index: WordIndex, key: DataKey | undefined): RowChange {
  const { turn } = change;
  const words = turn ? index.wordsOf(turn.message_text, key) : [];
  if (turn === undefined || words.length === 0) return change;
  return { ...change, words: { session_id: turn.session_id, revision: turn.revision, words } };
}

/** A turn whose partner was erased after it was read, as later readers see it. */
function withoutContent(change: RowChange): RowChange {
  const { turn, reply } = change;
  return {
    ...change,
    entities: [],
    ...(turn && { turn: { ...turn, message_text: erasedText, extracted_entities: {}, message_id: null } }),
    ...(reply && { reply: { ...reply, response_text: erasedText } }),
  };
}

function ifErased(error: unknown): typeof erased {
  if (error instanceof PartnerErasedError) return erased;
  throw error;
}

/** Without a partner there is no session row and no turn is written, so the content does not matter. */
function sealed(change: RowChange, key: DataKey | undefined, together: boolean): RowChange {
  const { turn, reply } = change;
  return {
    ...change,
    ...(turn && { turn: { ...turn, ...sealedColumns(key, turn, together) } }),
    ...(reply && {
      reply: { ...reply, response_text: sealedText(key, reply, 'response_text', reply.response_text) },
    }),
  };
}
