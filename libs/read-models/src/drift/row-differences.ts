import type { Json } from '#domain';
import { storableJson } from '../tables/storable.ts';
import type { Difference } from './difference.ts';
import { changed, differs } from './difference.ts';
import type { Row, StoredRows } from './stored-rows.ts';

/** Rows to compare, in one form. */
interface Rows {
  readonly session: Row | null;
  readonly turns: readonly Row[];
  readonly entities: readonly object[];
  readonly tokens: readonly object[];
  readonly references: readonly object[];
  readonly milestones: readonly object[];
  readonly words: readonly object[];
  readonly correlations: readonly object[];
}

/** Which optional rows are compared. */
interface Compared {
  /** Not with keys: then none are written, and plain ones from before the keys remain. */
  readonly references: boolean;
  readonly words: boolean;
}

/** The differences between the rows of a session and those expected from its events up to the same revision. */
export function rowDifferences(expected: Rows, found: StoredRows, compared: Compared): Difference[] {
  const revision = Number(found.session?.['revision'] ?? -1);
  const kinds: (keyof typeof setTables)[] = [
    'entity',
    'token',
    ...(compared.references ? (['reference'] as const) : []),
    ...(isOfBefore(expected, found) ? [] : (['milestone', 'correlation'] as const)),
    ...(compared.words && !isOfBefore(expected, found) ? (['word'] as const) : []),
  ];
  return [
    ...sessionDifferences(expected, found, revision),
    ...turnDifferences(expected, found, revision),
    ...kinds.flatMap((kind) => {
      const { rows } = setTables[kind];
      return setDifferences(kind, revision, expected[rows], found[rows]);
    }),
  ];
}

function sessionDifferences(expected: Rows, found: StoredRows, revision: number): Difference[] {
  if (found.session === null) return [];
  if (expected.session === null) return [differs('session', 'extra', revision)];
  const place = { kind: 'session', turn_revision: -1, stored_revision: revision } as const;
  const row = isOfBefore(expected, found) ? without(expected.session, ['open_inquiries']) : expected.session;
  return columnDifferences(place, row, found.session);
}

function turnDifferences(expected: Rows, found: StoredRows, revision: number): Difference[] {
  const wanted = byRevision(expected.turns);
  const stored = byRevision(found.turns);
  const extra = [...stored.keys()]
    .filter((turn_revision) => !wanted.has(turn_revision))
    .map((turn_revision) => differs('turn', 'extra', revision, { turn_revision }));
  const others = [...wanted].flatMap(([turn_revision, row]) => {
    const turn = stored.get(turn_revision);
    if (turn === undefined) return [differs('turn', 'missing', revision, { turn_revision })];
    const place = { kind: 'turn', turn_revision, stored_revision: revision } as const;
    return columnDifferences(place, isOld(turn) || isOld(row) ? without(row, laterColumns) : row, turn);
  });
  return [...extra, ...others];
}

/** The session started before these columns, milestones, words and correlations existed; it has none until it is rebuilt. */
function isOfBefore(...rows: readonly Pick<Rows, 'session'>[]): boolean {
  return rows.some(({ session }) => session !== null && session['open_inquiries'] === null);
}

/**
 * Turns written before these columns existed lack them until they are rebuilt, and have the channel that their session had
 * when the column was added: neither is a difference.
 */
const laterColumns = [
  'channel',
  'intent_confidence',
  'bot_action',
  'message_id',
  'actor_role',
  'actor_id',
  'inquiry_id',
  'goal',
];

function isOld(row: Row): boolean {
  return row['actor_role'] === null;
}

function without(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}

/** The columns of an expected row that have another value in the stored row. */
function columnDifferences(
  place: Pick<Difference, 'kind' | 'turn_revision' | 'stored_revision'>,
  expected: Row,
  found: Row,
): Difference[] {
  return Object.keys(expected).flatMap(
    (field) => changed({ ...place, field }, storable(expected[field]), storable(found[field])) ?? [],
  );
}

/** The rows of each kind and their key: only the key is compared. */
const setTables = {
  entity: { rows: 'entities', key: ['revision', 'blind_index'] },
  token: { rows: 'tokens', key: ['token', 'revision', 'event_id'] },
  reference: { rows: 'references', key: ['kind', 'reference'] },
  milestone: { rows: 'milestones', key: ['revision', 'partner_id', 'at', 'kind', 'name', 'outcome'] },
  word: { rows: 'words', key: ['word', 'revision'] },
  correlation: { rows: 'correlations', key: ['correlation', 'first_revision', 'last_revision'] },
} as const;

/** One difference for all missing rows of a session, and one for all rows that should not exist. */
function setDifferences(
  kind: keyof typeof setTables,
  revision: number,
  expected: readonly object[],
  found: readonly object[],
): Difference[] {
  const keyOf = (row: object): string =>
    setTables[kind].key.map((column) => String(Reflect.get(row, column))).join(' ');
  const [wanted, stored] = [new Set(expected.map(keyOf)), new Set(found.map(keyOf))];
  return [
    ...(lacks(stored, wanted) ? [differs(kind, 'missing', revision, { field: 'missing' })] : []),
    ...(lacks(wanted, stored) ? [differs(kind, 'extra', revision, { field: 'extra' })] : []),
  ];
}

function lacks(set: ReadonlySet<string>, keys: ReadonlySet<string>): boolean {
  return [...keys].some((key) => !set.has(key));
}

function byRevision(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [Number(row['revision']), row]));
}

/** Sealed values may contain characters that PostgreSQL cannot store in plain. */
function storable(value: Json | undefined): Json {
  return JSON.parse(storableJson(value ?? null)) as Json;
}
