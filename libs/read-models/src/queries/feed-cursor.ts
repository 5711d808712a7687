import { digitPairs, hexDigits } from '#sessions';
import { uuidPattern } from '../common/uuid.ts';
import { cursorValues, InvalidCursorError } from './cursor.ts';

/** How far the rows of a partition are written. */
export interface SlotPosition {
  /** Prefixes of stream names, such as `session-0`. */
  readonly prefixes: readonly string[];
  /** As decimal digits. */
  readonly written: string;
}

/** The place of a row in the order in which rows become visible. */
interface FeedPlace {
  readonly written: bigint;
  readonly session_id: string;
  readonly revision: number;
}

/**
 * How far a reader has read, for the sessions of each of the 256 pairs of leading digits. Only within a pair do rows become
 * visible in order: partitions do not wait for one another.
 */
type FeedCursor = readonly FeedPlace[];

/** After every row with the same `written`. */
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const lastRevision = 2 ** 31 - 1;
const mostWritten = 2n ** 63n - 1n;

/** After all rows of a snapshot. */
export function startOfFeed(slots: readonly SlotPosition[]): FeedCursor {
  const written = new Map(slots.flatMap((slot) => slot.prefixes.map((prefix) => [prefix, slot.written])));
  return digitPairs.map((pair) =>
    afterAll(BigInt(written.get(`session-${pair}`) ?? written.get(`session-${pair.slice(0, 1)}`) ?? 0)),
  );
}

/** Before all rows. */
export const wholeFeed: FeedCursor = digitPairs.map(() => ({
  written: -1n,
  session_id: lastId,
  revision: 0,
}));

/**
 * The cursor after a page. `last`: its last row when there are more; undefined: the page has all rows. Rows of a partition after its
 * position in the snapshot are still to come.
 */
export function advanceFeed(
  before: FeedCursor,
  slots: readonly SlotPosition[],
  last: FeedPlace | undefined,
): FeedCursor {
  return startOfFeed(slots).map((end, pair) => {
    const reached = last !== undefined && isBefore(last, end) ? last : end;
    const old = before[pair] ?? reached;
    return isBefore(old, reached) ? reached : old;
  });
}

function afterAll(written: bigint): FeedPlace {
  return { written, session_id: lastId, revision: lastRevision };
}

function isBefore(a: FeedPlace, b: FeedPlace): boolean {
  if (a.written !== b.written) return a.written < b.written;
  return a.session_id === b.session_id ? a.revision < b.revision : a.session_id < b.session_id;
}

/**
 * Opaque to callers. At most one place lies within rows of the same `written`; it is encoded as `=`. When all pairs with the same first
 * digit have the same place, as with up to 16 partitions, it is given once per digit. Otherwise the first number is the lowest, and the
 * others are their distance to it, in hexadecimal digits.
 */
export function encodeFeed(cursor: FeedCursor): string {
  const within = cursor.find(({ session_id }) => session_id !== lastId);
  const least = cursor.reduce((min, { written }) => (written < min ? written : min), mostWritten);
  const all = cursor.map(({ written, session_id }) => (session_id === lastId ? written - least : undefined));
  const isByDigit = all.every((place, pair) => place === all[pair - (pair % hexDigits.length)]);
  const places = isByDigit
    ? all
        .filter((_, pair) => pair % hexDigits.length === 0)
        .map((place) => (place === undefined ? '=' : String(place + least)))
    : [least, ...all.map((place) => place?.toString(16) ?? '=')];
  const tie = within === undefined ? [] : [String(within.written), within.session_id, within.revision];
  return Buffer.from(JSON.stringify(['feed', places.join(' '), ...tie])).toString('base64url');
}

/** @throws InvalidCursorError */
export function decodeFeed(text: string): FeedCursor {
  const [name, places, written, session_id, revision] = cursorValues(text);
  if (name !== 'feed' || typeof places !== 'string') throw new InvalidCursorError();
  const within = written === undefined ? undefined : tieOf(written, session_id, revision);
  const given = places.split(' ');
  const all =
    given.length === hexDigits.length
      ? given.flatMap((place) => hexDigits.map(() => place))
      : absolute(given);
  const cursor = all.map((place) => {
    if (place !== '=') return afterAll(numberOf(place));
    if (within === undefined) throw new InvalidCursorError();
    return within;
  });
  if (cursor.length !== digitPairs.length) throw new InvalidCursorError();
  return cursor;
}

/** The absolute numbers of places given relative to the first. */
function absolute([first, ...places]: readonly string[]): string[] {
  const least = numberOf(first);
  return places.map((place) => {
    if (place === '=') return place;
    if (!/^[0-9a-f]{1,16}$/.test(place)) throw new InvalidCursorError();
    return String(least + BigInt(`0x${place}`));
  });
}

function tieOf(written: unknown, session_id: unknown, revision: unknown): FeedPlace {
  const isRow = typeof session_id === 'string' && uuidPattern.test(session_id);
  const isRevision = typeof revision === 'number' && Number.isInteger(revision) && revision >= 0;
  if (!isRow || !isRevision || revision > lastRevision) throw new InvalidCursorError();
  return { written: numberOf(written), session_id: session_id.toLowerCase(), revision };
}

function numberOf(text: unknown): bigint {
  const value = typeof text === 'string' && /^(-1|\d{1,19})$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value > mostWritten) throw new InvalidCursorError();
  return value;
}
