import { createHmac, randomBytes } from 'node:crypto';
import type { Json } from '#domain';
import { canonicalJson } from '#domain';

/** What differs: the context in Redis, or a row of one of the tables. */
type DriftKind =
  | 'context'
  | 'session'
  | 'turn'
  | 'entity'
  | 'token'
  | 'reference'
  | 'milestone'
  | 'word'
  | 'correlation';

/**
 * The kind of difference: another value; a row that is missing or should not exist; a state that is behind, or
 * ahead of its stream; a context that cannot be opened.
 */
type DriftProblem = 'changed' | 'missing' | 'extra' | 'behind' | 'ahead' | 'unreadable';

/** A difference between stored data and the stream. Contains no values: only names, revisions and hashes. */
export interface Difference {
  readonly kind: DriftKind;
  readonly problem: DriftProblem;
  /** Revision of the turn; -1: the difference is not in a turn. */
  readonly turn_revision: number;
  /** The column, or the section of the context; empty: the whole row or context. */
  readonly field: string;
  /** The revision of the context or the session's row; null: it is missing. */
  readonly stored_revision: number | null;
  readonly expected_hash: string | null;
  readonly found_hash: string | null;
}

/** Keyed, since short texts could be guessed from plain hashes: the key is made by this process and never stored. */
const hashKey = randomBytes(32);

/** A difference of values; undefined: they are equal. */
export function changed(
  place: Pick<Difference, 'kind' | 'turn_revision' | 'field' | 'stored_revision'>,
  expected: Json,
  found: Json,
): Difference | undefined {
  const texts = [canonicalJson(expected), canonicalJson(found)] as const;
  if (texts[0] === texts[1]) return undefined;
  return { ...place, problem: 'changed', expected_hash: hashOf(texts[0]), found_hash: hashOf(texts[1]) };
}

/** A difference without two values. */
export function differs(
  kind: DriftKind,
  problem: DriftProblem,
  stored_revision: number | null,
  { turn_revision = -1, field = '' }: { readonly turn_revision?: number; readonly field?: string } = {},
): Difference {
  return { kind, problem, turn_revision, field, stored_revision, expected_hash: null, found_hash: null };
}

/** Equal for two looks at one place, whatever happened to the session in between. */
export function placeOf({ kind, problem, turn_revision, field }: Difference): string {
  return [kind, problem, turn_revision, field].join(' ');
}

function hashOf(text: string): string {
  return createHmac('sha256', hashKey).update(text).digest('base64url').slice(0, 16);
}
