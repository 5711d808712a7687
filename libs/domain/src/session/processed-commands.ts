import type { RecordedSessionEvent } from './events.ts';

/** How many commands a session remembers; older ones are found in a record beside it. */
export const commandsKept = 64;

/** A command that is in the stream: the hash of its body, its first event's revision, how many events it appended. */
export interface ProcessedCommand {
  readonly id: string;
  readonly hash: string;
  readonly revision: number;
  readonly count: number;
}

/** The latest commands of a stream: all of those whose first event is at or after revision `from`. */
export interface ProcessedCommands {
  readonly from: number;
  readonly list: readonly ProcessedCommand[];
}

/** Ids of their own that turns and external updates carry: they are recognised under any key. */
export interface DeduplicationIds {
  readonly turn_id?: string | null;
  readonly message_id?: string | null;
  readonly system?: string;
  readonly source_event_id?: string;
}

/** The command ids of a turn or an external update. */
export function deduplicationIds({
  turn_id,
  message_id,
  system,
  source_event_id,
}: DeduplicationIds): string[] {
  const ids: string[] = [];
  if (message_id) ids.push(`message:${message_id}`);
  if (turn_id) ids.push(`turn:${turn_id}`);
  if (system && source_event_id) ids.push(`source:${system}:${source_event_id}`);
  return ids;
}

/** The command that has any of the ids. */
export function findProcessedCommand(
  { list }: ProcessedCommands,
  ids: readonly string[],
): ProcessedCommand | undefined {
  for (const id of ids) for (const command of list) if (command.id === id) return command;
  return undefined;
}

/** Adds an event's command, or counts the event to its command when that is known already. */
export function rememberCommand(known: ProcessedCommands, event: RecordedSessionEvent): ProcessedCommands {
  const id = event.metadata.command_id;
  const hash = event.metadata.command_hash;
  if (id === undefined || hash === undefined) return known;
  const last = known.list.at(-1);
  const continuesLast = last !== undefined && continues(known, id, event.revision);
  const revision = continuesLast ? last.revision : event.revision;
  const count = event.revision - revision + 1;
  const list = continuesLast
    ? known.list.map((item) => (item.revision === revision ? { ...item, count } : item))
    : [...known.list, { id, hash, revision, count }];
  for (const alias of deduplicationIdsOf(event))
    if (alias !== id) list.push({ id: alias, hash, revision, count });
  return list.length > commandsKept ? forgetOldest(list) : { from: known.from, list };
}

function deduplicationIdsOf(event: RecordedSessionEvent): string[] {
  const named = event.type === 'TurnRecorded' || event.type === 'ExternalUpdateRecorded';
  return named ? deduplicationIds(event.data) : [];
}

/** Whether the event at this revision belongs to the command whose events came last. */
function continues({ list }: ProcessedCommands, id: string, revision: number): boolean {
  const last = list.at(-1);
  if (last === undefined || last.revision + last.count !== revision) return false;
  return list.some((item) => item.revision === last.revision && item.id === id);
}

/**
 * Forgets whole commands, so that `from` separates those that are known from those that are not. The last one stays however
 * many ids it has: its next event may be about to come.
 */
function forgetOldest(list: readonly ProcessedCommand[]): ProcessedCommands {
  const surplus = list[list.length - commandsKept - 1]?.revision ?? -1;
  const lastForgotten = Math.min(surplus, (list.at(-1)?.revision ?? 0) - 1);
  return { from: lastForgotten + 1, list: list.filter((item) => item.revision > lastForgotten) };
}
