import type { Json, JsonObject } from '#domain';
import { inParallel } from '#platform';
import type { DataKey, DataKeys, Place } from '#privacy';
import {
  BrokenSealError,
  erased,
  erasedTogether,
  erasedValue,
  keyIdOf,
  open,
  openTogether,
  seal,
  sealTogether,
  typesIn,
  UnknownKeyError,
} from '#privacy';
import type { TurnRow } from './rows.ts';

/** Keys fetched at a time. */
const keysAtOnce = 8;
/** Replaces a value that was changed or copied from another place. */
const unreadable = '[unreadable]';

/** The columns of the user's or the bot's own words; the reply comes with a later event. */
type OwnColumns = Pick<TurnRow, 'message_text' | 'extracted_entities' | 'message_id'>;

interface TurnId {
  readonly session_id: string;
  readonly turn_id: string;
}

/** The sealed columns of a turn. */
interface Sealable extends TurnId {
  readonly message_text: string;
  readonly extracted_entities: JsonObject;
  readonly response_text: string | null;
  /** Present when selected. */
  readonly message_id?: string | null;
}

/**
 * The columns of a turn in their stored form. Without a key nothing of the content is stored.
 * @param together several columns are sealed as one, in the text; the others stay as empty texts
 */
export function sealedColumns(key: DataKey | undefined, turn: TurnRow, together: boolean): OwnColumns {
  const { message_text, extracted_entities, message_id } = turn;
  const entities = Object.keys(extracted_entities).length === 0 ? null : extracted_entities;
  const values = [message_text, entities, message_id].filter((value) => value !== null);
  if (key && together && values.length > 1) {
    const columns = columnsOf(`t${entities === null ? '' : 'o'}${message_id === null ? '' : 't'}`);
    return {
      message_text: sealTogether(key, placeOf(turn, columns), values),
      extracted_entities: entities === null ? {} : '',
      message_id: message_id === null ? null : '',
    };
  }
  const sealed = key && seal(key, placeOf(turn, 'extracted_entities'), entities);
  return {
    message_text: sealedText(key, turn, 'message_text', message_text),
    extracted_entities: sealed ?? {},
    message_id: message_id === null ? null : sealedText(key, turn, 'message_id', message_id),
  };
}

export function sealedText(key: DataKey | undefined, of: TurnId, field: string, value: string): string {
  return key === undefined ? '' : (seal(key, placeOf(of, field), value) ?? '');
}

/** Opens sealed turns; plain ones from before there were keys stay as they are. @throws KeyStoreUnavailableError */
export async function openTurns<Turn extends Sealable>(
  keys: DataKeys | undefined,
  turns: readonly Turn[],
): Promise<Turn[]> {
  if (keys === undefined) return [...turns];
  const result = [...turns];
  await inParallel(turns.entries(), keysAtOnce, async ([index, turn]) => {
    // One after the other: a rejection that nobody awaits yet ends the process.
    const own = await ownColumns(keys, turn);
    const response_text = await openField(keys, turn, 'response_text', turn.response_text);
    result[index] = { ...turn, ...own, response_text };
  });
  return result;
}

async function ownColumns(keys: DataKeys, turn: Sealable): Promise<Partial<Sealable>> {
  const types = typesIn(turn.message_text);
  if (types.length > 1) return openTogetherColumns(keys, turn, columnsOf(types));
  return {
    message_text: await openField(keys, turn, 'message_text', turn.message_text),
    extracted_entities: await openField(keys, turn, 'extracted_entities', turn.extracted_entities),
    ...(turn.message_id !== undefined && {
      message_id: await openField(keys, turn, 'message_id', turn.message_id),
    }),
  };
}

/** The columns that are sealed as one; those that were not selected are left out. */
async function openTogetherColumns(
  keys: DataKeys,
  turn: Sealable,
  columns: readonly (keyof OwnColumns)[],
): Promise<Partial<Sealable>> {
  const { message_text: text } = turn;
  const values = await opened(
    keys,
    text,
    (key): readonly Json[] =>
      key === erased ? erasedTogether(text) : openTogether(key, placeOf(turn, columns), text),
    () => columns.map(damaged),
  );
  const entries = columns.map((column, index) => [column, values[index]] as const);
  return Object.fromEntries(entries.filter(([column]) => turn[column] !== undefined));
}

function openField<T>(keys: DataKeys, turn: Sealable, field: keyof Sealable, value: T): T | Promise<T> {
  if (keyIdOf(value) === undefined) return value;
  const text = String(value);
  return opened(
    keys,
    text,
    (key) => (key === erased ? erasedValue(text) : open(key, placeOf(turn, field), text)) as T,
    () => damaged(field) as T,
  );
}

/** Opens with the key that sealed a text. Synchronous when the key is in memory. @throws KeyStoreUnavailableError */
function opened<T>(
  keys: DataKeys,
  text: string,
  withKey: (key: DataKey | typeof erased) => T,
  instead: () => T,
): T | Promise<T> {
  const orInstead = (error: unknown): T => {
    if (!(error instanceof BrokenSealError) && !(error instanceof UnknownKeyError)) throw error;
    return instead();
  };
  const tried = (key: DataKey | typeof erased): T => {
    try {
      return withKey(key);
    } catch (error) {
      return orInstead(error);
    }
  };
  const id = keyIdOf(text) ?? '';
  const cached = keys.cached(id);
  return cached === undefined ? keys.byId(id).then(tried, orInstead) : tried(cached);
}

function damaged(field: keyof Sealable): Json {
  return field === 'extracted_entities' ? {} : unreadable;
}

/** The columns that are sealed as one, from the types of their values: the entities are the only object. */
function columnsOf(types: string): (keyof OwnColumns)[] {
  return Array.from(types, (type, index) =>
    index === 0 ? 'message_text' : type === 'o' ? 'extracted_entities' : 'message_id',
  );
}

function placeOf({ session_id, turn_id }: TurnId, field: Place['field']): Place {
  return { of: 'conversation_turn', record: `${session_id}/${turn_id}`, field };
}
