/** Files of migrations by name. */
export type Migrations = Readonly<Record<string, string>>;

type Pattern = readonly [RegExp, string];

const contracting: readonly Pattern[] = [
  [/\bDROP\s+(TABLE|COLUMN|TYPE|SCHEMA|VIEW|FUNCTION)\b/i, 'drops something'],
  [/\bRENAME\b/i, 'renames something'],
  [/\bSET\s+NOT\s+NULL\b/i, 'forbids NULL where it was allowed'],
  [/\bTRUNCATE\b|\bDELETE\s+FROM\b/i, 'removes rows'],
];
const newConstraint = 'adds a constraint that an older release does not know';
/** The effect of one action of ALTER TABLE. The word COLUMN is optional. */
const contractingActions: readonly Pattern[] = [
  [/^DROP\b/i, 'drops something'],
  [/^ALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b/i, 'changes the type of a column'],
  [/^ADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b/i, newConstraint],
  [
    /^ADD\s+(?!CONSTRAINT\b|CHECK\b)(?!.*\b(DEFAULT|GENERATED)\b).*\bNOT\s+NULL\b/is,
    'adds a column that an older release leaves empty',
  ],
];
const createTable = /\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([^\s(;]+)/i;
/** Harmless on a table that the migration creates: no older release writes to it. */
const uniqueIndex = /\bCREATE\s+UNIQUE\s+INDEX\b.*?\sON\s+(?:ONLY\s+)?([^\s(;]+)/is;
const alterTable = /\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?[^\s,;]+\s+(?:\*\s+)?(.*)/is;
const isContract = /^--\s*Contract\b/im;

/**
 * Parts of the migrations that break an older release beside this one during a rollout. A migration with the line
 * `-- Contract: …` removes things that the previous release no longer used.
 */
export function migrationBreaks(before: Migrations, after: Migrations): string[] {
  return [
    ...Object.entries(before)
      .filter(([name, text]) => after[name] !== text)
      .map(([name]) => `${name} was released: put the change into a new migration`),
    ...Object.entries(after)
      .filter(([name, text]) => before[name] === undefined && !isContract.test(text))
      .flatMap(([name, text]) => contractions(upOf(text)).map((what) => `${name} ${what}`)),
  ];
}

/** The removals of SQL, including those in texts, which a program may execute. */
function contractions(sql: string): string[] {
  const { code, texts } = tokens(sql);
  const statements = [code, ...texts].flatMap((part) => part.split(';'));
  const made = new Set(statements.flatMap((statement) => createTable.exec(statement)?.[1] ?? []));
  const onOldTable = statements.some((statement) => {
    const table = uniqueIndex.exec(statement)?.[1];
    return table !== undefined && !made.has(table);
  });
  return [
    ...new Set([
      ...matches(contracting, statements),
      ...matches(contractingActions, statements.flatMap(actionsOf)),
      ...(onOldTable ? [newConstraint] : []),
    ]),
  ];
}

function matches(patterns: readonly Pattern[], parts: readonly string[]): string[] {
  return patterns.filter(([pattern]) => parts.some((part) => pattern.test(part))).map(([, what]) => what);
}

/** The code without comments, with a plain word for each quoted name and empty texts; and the texts. */
function tokens(sql: string): { readonly code: string; readonly texts: readonly string[] } {
  const texts: string[] = [];
  const code = sql.replaceAll(/--[^\n]*|\/\*.*?\*\/|"[^"]+"|'((?:[^']|'')*)'/gs, (token, text?: string) => {
    if (text !== undefined) texts.push(text);
    return token.startsWith('"') ? 'quoted' : token.startsWith("'") ? "''" : ' ';
  });
  return { code, texts };
}

/** The actions of an ALTER TABLE, separated by commas outside of brackets. */
function actionsOf(statement: string): string[] {
  const actions = alterTable.exec(statement)?.[1] ?? '';
  return withoutLists(actions)
    .split(',')
    .map((action) => action.trim());
}

/** Without brackets and the commas within them. */
function withoutLists(sql: string): string {
  const less = sql.replaceAll(/\(([^()]*)\)/g, (_, list: string) => ` ${list.replaceAll(',', ' ')} `);
  return less === sql ? sql : withoutLists(less);
}

/** A migration without its down part. */
function upOf(text: string): string {
  return text.split(/^-- Down Migration/im)[0] ?? '';
}
