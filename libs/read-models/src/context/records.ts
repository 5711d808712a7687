import { randomUUID } from 'node:crypto';
import type { FoundCommand, ProcessedCommand, Section, Session } from '#domain';
import type { CommandLimits } from '#sessions';
import { parseState, sections } from './document.ts';
import { applied, missingPredecessor, setAside } from './scripts.ts';

/** Command records per call of a script: more would block Redis for other clients. */
const recordsPerCall = 1_000;
/** How long the first records of a restore are kept until the next ones arrive (ms). */
const partialTtl = 60_000;

/**
 * The outcome of a write: applied; stale, since a later state is stored; missing predecessor; refused because the session is
 * set aside at an earlier event; or dropped, since it cannot be written at all and the context is removed.
 */
export type ApplyResult = 'applied' | 'stale' | 'missing_predecessor' | 'set_aside' | 'dropped';

/** One session's change: from revision `before` to `after`. */
export interface ContextChange {
  readonly before: number;
  readonly after: Session;
  readonly changed: readonly Section[];
  readonly commands: readonly ProcessedCommand[];
}

/** The name of a script with its keys and arguments. */
export type Call = (string | number)[];

export type Texts = readonly (string | null)[];

export function contextKey(sessionId: string): string {
  return `ctx:{${sessionId}}`;
}

export function commandsKey(sessionId: string): string {
  return `cmd:{${sessionId}}`;
}

/** The key under which a restore stages records that do not fit into one call. */
function partialCommandsKey(sessionId: string, write: string): string {
  return `${commandsKey(sessionId)}:${write}`;
}

/** The call that writes a change; `texts`: the fields and texts of its sections. */
export function applyCall(
  { before, after, commands }: ContextChange,
  texts: readonly string[],
  ttl: number,
  limits: CommandLimits,
): Call {
  const keys = [contextKey(after.session_id), commandsKey(after.session_id)];
  const fields = [...texts, ...chainTexts(after)];
  const head = [before, after.revision, ttl, fields.length / 2];
  return ['turnstreamApply', ...keys, ...head, ...fields, ...commandTexts(commands, limits)];
}

/** The field with the chain's last hash and its revision; an older writer does not update it. */
const chainName = 'chain';

/** The fields that make up a session. */
export const sectionFields: readonly string[] = ['revision', 'format', ...sections, chainName];

/** The field and the text of the chain, as arguments of the scripts. */
function chainTexts({ revision, chain }: Session): readonly string[] {
  return chain === undefined ? [] : [chainName, `${revision}:${chain}`];
}

function parseChain(revision: string, text: string | null | undefined): string | undefined {
  return text?.startsWith(`${revision}:`) === true ? text.slice(revision.length + 1) : undefined;
}

/** A session from its sections and its chain, with its latest commands as `turnstreamLatest` returns them. */
export function toSession(
  sessionId: string,
  [revisionText, , ...texts]: Texts,
  latest: Texts,
): Session | undefined {
  if (typeof revisionText !== 'string') return undefined;
  const state = parseState(texts);
  const revision = Number(revisionText);
  const chain = parseChain(revisionText, texts.at(-1));
  return state && { session_id: sessionId, revision, state, known: latestCommands(revision, latest), chain };
}

/** The record may be ahead of the session: another process may have written both after the session was read. */
function latestCommands(revision: number, [at, whole, ...texts]: Texts): Session['known'] {
  if (typeof at !== 'string' || Number(at) < revision) return { from: revision + 1, list: [] };
  const commands: ProcessedCommand[] = [];
  for (let index = 0; index + 1 < texts.length; index += 2) {
    const command = parseEntry(texts[index], texts[index + 1]);
    if (command && command.revision <= revision) commands.push(command);
  }
  return { from: whole === '1' ? 0 : (commands[0]?.revision ?? revision + 1), list: commands };
}

function parseEntry(
  entry: string | null | undefined,
  record: string | null | undefined,
): ProcessedCommand | undefined {
  if (typeof entry !== 'string' || typeof record !== 'string') return undefined;
  const { id: _, ...place } = parseCommand('', record);
  const space = entry.indexOf(' ');
  return { ids: JSON.parse(entry.slice(space + 1)) as string[], ...place, at: entry.slice(0, space) };
}

interface Replacement {
  readonly session: Session;
  readonly processed: readonly ProcessedCommand[];
  readonly how: string;
  /** The field and the text of each section. */
  readonly texts: readonly string[];
  readonly ttl: number;
}

/**
 * The calls that write a whole session, in order. Records that do not fit into one call are staged
 * under a key of this write alone; the last call adds them.
 */
export function* replaceCalls(
  { session, processed, how, texts, ttl }: Replacement,
  limits: CommandLimits,
): Generator<Call> {
  const { session_id, revision } = session;
  const commands = processed.slice(-limits.commands);
  const partial = partialCommandsKey(session_id, randomUUID());
  const last = Math.max(0, commands.length - recordsPerCall);
  for (let from = 0; from < last; from += recordsPerCall) {
    const some = commandTexts(commands.slice(from, Math.min(last, from + recordsPerCall)), limits);
    yield ['turnstreamRemember', partial, partialTtl, ...some];
  }
  const keys = [contextKey(session_id), commandsKey(session_id), partial];
  const rest = commandTexts(commands.slice(last), limits);
  const fields = [...texts, ...chainTexts(session)];
  yield ['turnstreamReplace', ...keys, revision, ttl, how, fields.length / 2, last, ...fields, ...rest];
}

/** Commands as arguments of the scripts: how many are kept and since when, then for each its time, ids and place. */
function commandTexts(
  commands: readonly ProcessedCommand[],
  { commands: most, seconds }: CommandLimits,
): (string | number)[] {
  const newest = Date.parse(commands.at(-1)?.at ?? '');
  const kept = commands.slice(-most).flatMap((command) => [entryOf(command), placeOf(command)]);
  return [most, isoTime(newest - seconds * 1_000), ...kept];
}

/** Redis cannot parse half a surrogate pair. */
function entryOf({ at, ids }: ProcessedCommand): string {
  return `${isoTime(Date.parse(at))} ${JSON.stringify(ids.map((id) => id.toWellFormed()))}`;
}

/** Empty, which sorts first, when the time is invalid: other programs may write such events. */
function isoTime(ms: number): string {
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}

function placeOf({ revision, count, hash }: ProcessedCommand): string {
  return `${revision}:${count}:${hash}`;
}

export function parseCommand(id: string, record: string): FoundCommand {
  const [revision, count, ...hash] = record.split(':');
  return { id, revision: Number(revision), count: Number(count), hash: hash.join(':') };
}

export function toResult(code: unknown): ApplyResult {
  if (code === applied) return 'applied';
  if (code === setAside) return 'set_aside';
  return code === missingPredecessor ? 'missing_predecessor' : 'stale';
}

/** The n-th reply of a pipeline; throws its error. */
export function reply(replies: [Error | null, unknown][] | null, index: number): unknown {
  const item = replies?.[index];
  if (!item) throw new Error('Redis did not answer.');
  if (item[0]) throw item[0];
  return item[1];
}
