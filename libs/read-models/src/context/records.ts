import type { ProcessedCommand, Section, Session } from '#domain';
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

/** Where a restore gathers records that do not fit into one call. */
export function partialCommandsKey(sessionId: string, write: string): string {
  return `${commandsKey(sessionId)}:${write}`;
}

export function checkpointKey(name: string): string {
  return `projection:${name}`;
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
