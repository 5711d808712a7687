import type { ProcessedCommand, Section, Session } from '#domain';
import { parsePosition, sessionStream } from '#sessions';
import { commandRecord, parseSession } from './document.ts';
import { applied, contextFormat, missingPredecessor, setAside } from './scripts.ts';

/**
 * What became of a write: done, not needed since a later state stands there, impossible without the state before, or
 * refused since the session is set aside at an earlier event.
 */
export type ApplyResult = 'applied' | 'stale' | 'missing_predecessor' | 'set_aside';

/** One session's change: from revision `before` to `after`. */
export interface ContextChange {
  readonly before: number;
  readonly after: Session;
  readonly changed: readonly Section[];
  readonly commands: readonly ProcessedCommand[];
}

export type Texts = readonly (string | null)[];

export function contextKey(sessionId: string): string {
  return `ctx:{${sessionId}}`;
}

export function commandsKey(sessionId: string): string {
  return `cmd:{${sessionId}}`;
}

export function checkpointKey(prefix: string): string {
  return `projection:${prefix}`;
}

/** Matches the keys of contexts and command records of the sessions whose streams begin with the prefixes. */
export function partitionKeys(prefixes: readonly string[]): string {
  const digits = prefixes.map((prefix) => prefix.slice(sessionStream('').length));
  return `c[tm][xd]:{[${digits.join('')}]*`;
}

/** The checkpoint of a partition of which nothing is written yet. */
export const nothingWritten = -1n;

/** The least of several checkpoints; undefined: one of them is missing, or is no position. */
export function leastCheckpoint(texts: readonly (string | null)[]): bigint | undefined {
  let least: bigint | undefined;
  for (const text of texts) {
    const position = text === String(nothingWritten) ? nothingWritten : parsePosition(text ?? '');
    if (position === undefined) return undefined;
    if (least === undefined || position < least) least = position;
  }
  return least;
}

export function toSession(sessionId: string, [revision, format, ...texts]: Texts): Session | undefined {
  if (typeof revision !== 'string' || format !== contextFormat) return undefined;
  return parseSession(sessionId, Number(revision), texts);
}

export function commandTexts(commands: readonly ProcessedCommand[]): string[] {
  return commands.flatMap((command) => [command.id, commandRecord(command)]);
}

export function toResult(code: unknown): ApplyResult {
  if (code === applied) return 'applied';
  if (code === setAside) return 'set_aside';
  return code === missingPredecessor ? 'missing_predecessor' : 'stale';
}

/** The n-th reply of a pipeline; its error is thrown. */
export function reply(replies: [Error | null, unknown][] | null, index: number): unknown {
  const item = replies?.[index];
  if (!item) throw new Error('Redis did not answer.');
  if (item[0]) throw item[0];
  return item[1];
}
