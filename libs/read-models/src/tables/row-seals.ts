import type { Pool } from 'pg';
import type { JsonObject } from '#domain';
import { inParallel } from '#platform';
import type { DataKey, DataKeys, Place } from '#privacy';
import {
  BrokenSealError,
  erased,
  erasedText,
  erasedValue,
  keyIdOf,
  open,
  PartnerErasedError,
  seal,
  UnknownKeyError,
} from '#privacy';
import type { TextSearchScope } from '../text-search/config.ts';
import { WordIndex } from '../text-search/word-index.ts';
import type { RowChange } from './rows.ts';

/** Keys fetched at a time. */
const keysAtOnce = 8;
/** Replaces a value that was changed or copied from another place. */
const unreadable = '[unreadable]';

/** The sealed columns of a turn. */
interface Sealable {
  readonly session_id: string;
  readonly turn_id: string;
  readonly message_text: string;
  readonly extracted_entities: JsonObject;
  readonly response_text: string | null;
  /** Present when selected. */
  readonly message_id?: string | null;
}

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
    const found = new Map<string, DataKey | typeof erased>();
    await inParallel(new Set(partners.values()), keysAtOnce, async (partnerId) => {
      found.set(partnerId, keys.cachedOf(partnerId) ?? (await keys.of(partnerId).catch(ifErased)));
    });
    // Made of these changes after the partner's values were forgotten.
    if ([...found.values()].includes(erased)) keys.indexes.clear();
    return changes.map((plain) => {
      // Plain references are only written for bridges of the previous release, which cannot read sealed ones.
      const change = { ...plain, references: [] };
      const session_id = sealedOf(change)?.session_id;
      if (session_id === undefined) return change;
      const key = found.get(partners.get(session_id) ?? '');
      return key === erased ? withoutContent(change) : sealed(withWords(change, index, key), key);
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
function sealed(change: RowChange, key: DataKey | undefined): RowChange {
  const { turn, reply } = change;
  const text = (field: string, of: { session_id: string; turn_id: string }, value: string): string =>
    key === undefined ? '' : (seal(key, placeOf(of, field), value) ?? '');
  return {
    ...change,
    ...(turn && {
      turn: {
        ...turn,
        message_text: text('message_text', turn, turn.message_text),
        extracted_entities: sealedEntities(key, turn),
        message_id: turn.message_id === null ? null : text('message_id', turn, turn.message_id),
      },
    }),
    ...(reply && {
      reply: { ...reply, response_text: text('response_text', reply, reply.response_text) },
    }),
  };
}

function sealedEntities(
  key: DataKey | undefined,
  turn: { session_id: string; turn_id: string; extracted_entities: JsonObject | string },
): JsonObject | string {
  const { extracted_entities: value } = turn;
  if (Object.keys(value).length === 0 || key === undefined) return {};
  return seal(key, placeOf(turn, 'extracted_entities'), value) ?? {};
}

/** Opens sealed turns; plain ones from before there were keys stay as they are. @throws KeyStoreUnavailableError */
export async function openTurns<Turn extends Sealable>(
  keys: DataKeys | undefined,
  turns: readonly Turn[],
): Promise<Turn[]> {
  if (keys === undefined) return [...turns];
  const opened = [...turns];
  await inParallel(turns.entries(), keysAtOnce, async ([index, turn]) => {
    const text = <T>(field: keyof Sealable, value: T): T | Promise<T> => openField(keys, turn, field, value);
    opened[index] = {
      ...turn,
      message_text: await text('message_text', turn.message_text),
      extracted_entities: await text('extracted_entities', turn.extracted_entities),
      response_text: await text('response_text', turn.response_text),
      ...(turn.message_id !== undefined && { message_id: await text('message_id', turn.message_id) }),
    };
  });
  return opened;
}

function openField<T>(keys: DataKeys, turn: Sealable, field: keyof Sealable, value: T): T | Promise<T> {
  const id = keyIdOf(value);
  if (id === undefined) return value;
  const text = String(value);
  const withKey = (key: DataKey | typeof erased): T => {
    try {
      return (key === erased ? erasedValue(text) : open(key, placeOf(turn, field), text)) as T;
    } catch (error) {
      return damaged(field, error) as T;
    }
  };
  const cached = keys.cached(id);
  if (cached !== undefined) return withKey(cached);
  return keys.byId(id).then(withKey, (error: unknown) => damaged(field, error) as T);
}

function damaged(field: keyof Sealable, error: unknown): unknown {
  if (!(error instanceof BrokenSealError) && !(error instanceof UnknownKeyError)) throw error;
  return field === 'extracted_entities' ? {} : unreadable;
}

function placeOf({ session_id, turn_id }: { session_id: string; turn_id: string }, field: string): Place {
  return { of: 'conversation_turn', record: `${session_id}/${turn_id}`, field };
}
