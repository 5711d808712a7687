import type { RecordedSessionEvent } from './events.ts';

/** How many commands a session remembers; older ones are in a separate record. */
export const commandsKept = 64;

/** The prefix of a command's hash. A hash without it was made by an older version. */
export const commandHashScheme = 'v2.';

/** A command in the stream: its hash, its first event's revision, and the number of its events. */
interface CommandPlace {
  readonly hash: string;
  readonly revision: number;
  readonly count: number;
}

/** A command in the stream, with all ids by which a repetition is recognised, and its time (ISO 8601). */
export interface ProcessedCommand extends CommandPlace {
  readonly ids: readonly string[];
  readonly at: string;
}

/** A command as found under one of its ids. */
export interface FoundCommand extends CommandPlace {
  readonly id: string;
}

/** The latest commands of a stream: all whose first event is at or after revision `from`. */
export interface ProcessedCommands {
  readonly from: number;
  readonly list: readonly ProcessedCommand[];
}

/** Ids that turns and external updates carry in themselves: they are recognised whatever the idempotency key. */
export interface DeduplicationIds {
  readonly turn_id?: string | null;
  readonly message_id?: string | null;
  readonly system?: string;
  readonly source_event_id?: string;
}

/** The command ids of a turn or an external update. They are unique: a system's name is escaped. */
export function deduplicationIds({
  turn_id,
  message_id,
  system,
  source_event_id,
}: DeduplicationIds): string[] {
  const ids: string[] = [];
  if (message_id) ids.push(`message:${message_id}`);
  if (turn_id) ids.push(`turn:${turn_id.toLowerCase()}`);
  if (system && source_event_id) ids.push(`source:${escaped(system)}:${source_event_id}`);
  return ids;
}

function escaped(system: string): string {
  return system.replaceAll('%', '%25').replaceAll(':', '%3A');
}

/** The command that has any of the ids; the earlier an id stands in the list, the more it counts. */
export function findProcessedCommand(
  { list }: ProcessedCommands,
  ids: readonly string[],
): FoundCommand | undefined {
  let found: ProcessedCommand | undefined;
  let rank = ids.length;
  // Each new command is compared with all of them, and reading them from memory takes longer than to compare their ids.
  for (const command of list) {
    const of = rankIn(command, ids, rank);
    if (of === rank) continue;
    found = command;
    rank = of;
  }
  const id = ids[rank];
  return found && id !== undefined
    ? { id, hash: found.hash, revision: found.revision, count: found.count }
    : undefined;
}

/** The index of the first of the ids that a command has, if it is less than `end`; else `end`. */
function rankIn({ ids: own }: ProcessedCommand, ids: readonly string[], end: number): number {
  for (let index = 0; index < end; index += 1) {
    const id = ids[index];
    // Most have one id, and comparing that is cheaper than searching a list.
    if (id !== undefined && (own[0] === id || (own.length > 1 && own.includes(id)))) return index;
  }
  return end;
}

/** Adds the command of an event. The first event has all information; events of older versions are counted one by one. */
export function rememberCommand(known: ProcessedCommands, event: RecordedSessionEvent): ProcessedCommands {
  const { revision, metadata } = event;
  const { command_id: id, command_hash: hash, command_event = 0, command_events: count = 1 } = metadata;
  if (typeof id !== 'string' || typeof hash !== 'string') return known;
  const last = known.list.at(-1);
  const next = last?.ids[0] === id ? last.revision + last.count : -1;
  if (last !== undefined && revision <= next) return revision < next ? known : withEvent(known, last, event);
  const ids = idsOf(event, id, hash);
  if (command_event > 0 || ids.length === 0) return known;
  const list = [...known.list, { ids, hash, revision, count, at: metadata.occurred_at }];
  const surplus = list.length > commandsKept ? list.shift() : undefined;
  return { from: surplus ? surplus.revision + 1 : known.from, list };
}

function withEvent(
  { from, list }: ProcessedCommands,
  last: ProcessedCommand,
  event: RecordedSessionEvent,
): ProcessedCommands {
  const ids = [...new Set([...last.ids, ...olderIdsOf(event)])];
  return { from, list: [...list.slice(0, -1), { ...last, ids, count: last.count + 1 }] };
}

/** The command of the event at a revision, if it is the last remembered one. */
export function latestCommand({ list }: ProcessedCommands, revision: number): ProcessedCommand | undefined {
  const last = list.at(-1);
  return last !== undefined && revision < last.revision + last.count ? last : undefined;
}

const generatedId = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Older versions gave every command an id, even if no caller could repeat it. */
function idsOf(event: RecordedSessionEvent, id: string, hash: string): readonly string[] {
  if (hash.startsWith(commandHashScheme)) {
    const { command_aliases: aliases } = event.metadata;
    return aliases === undefined ? [id] : [id, ...aliases];
  }
  return generatedId.test(id) ? [] : [...new Set([id, ...olderIdsOf(event)])];
}

/** Older versions did not record which ids of turns came from the caller. */
function olderIdsOf(event: RecordedSessionEvent): string[] {
  const named = event.type === 'TurnRecorded' || event.type === 'ExternalUpdateRecorded';
  return named ? deduplicationIds(event.data) : [];
}
