/** Files of migrations by name. */
export type Migrations = Readonly<Record<string, string>>;

const contracting: readonly (readonly [RegExp, string])[] = [
  [/\bDROP\s+(TABLE|COLUMN|TYPE|SCHEMA|VIEW|FUNCTION)\b/i, 'drops something'],
  [/\bRENAME\b/i, 'renames something'],
  [/\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b/i, 'changes the type of a column'],
  [/\bSET\s+NOT\s+NULL\b/i, 'forbids NULL where it was allowed'],
  [
    /\bADD\s+COLUMN\b(?![^;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i,
    'adds a column that an older release leaves empty',
  ],
  [/\bTRUNCATE\b|\bDELETE\s+FROM\b/i, 'removes rows'],
];
const isContract = /^--\s*Contract\b/im;

/**
 * What in the migrations an older release cannot bear, which runs beside this one during a rollout. A migration with the
 * line `-- Contract: …` takes away what the release before this one no longer used.
 */
export function migrationBreaks(before: Migrations, after: Migrations): string[] {
  return [
    ...Object.entries(before)
      .filter(([name, text]) => after[name] !== text)
      .map(([name]) => `${name} was released: a change belongs into a new migration`),
    ...Object.entries(after)
      .filter(([name, text]) => before[name] === undefined && !isContract.test(text))
      .flatMap(([name, text]) =>
        contracting.filter(([pattern]) => pattern.test(upOf(text))).map(([, what]) => `${name} ${what}`),
      ),
  ];
}

/** A migration without its comments and its way back. */
function upOf(text: string): string {
  return (text.split(/^-- Down Migration/im)[0] ?? '').replaceAll(/--.*$/gm, '');
}
