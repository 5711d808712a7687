import type { Recorded } from './events.ts';

/** How many commands a session in memory remembers; older ones are found in the record that Redis keeps. */
export const commandsKept = 64;

/** A command that is in the stream: the hash of its body, its first event's revision, how many events it appended. */
export interface KnownCommand {
  readonly id: string;
  readonly hash: string;
  readonly revision: number;
  readonly count: number;
}

/** The latest commands of a stream: all of those whose first event is at or after revision `from`. */
export interface KnownCommands {
  readonly from: number;
  readonly list: readonly KnownCommand[];
}

/** Ids of their own that turns and news carry: what makes them recognisable whatever key they were sent with. */
export interface NaturalIds {
  readonly turn_id?: string | null;
  readonly message_id?: string | null;
  readonly system?: string;
  readonly source_event_id?: string;
}

/** The names under which a turn or a piece of news is known as a command. */
export function naturalCommandIds({ turn_id, message_id, system, source_event_id }: NaturalIds): string[] {
  const ids: string[] = [];
  if (message_id) ids.push(`message:${message_id}`);
  if (turn_id) ids.push(`turn:${turn_id}`);
  if (system && source_event_id) ids.push(`source:${system}:${source_event_id}`);
  return ids;
}

/** Adds an event's command, or counts the event to its command when that is known already. */
export function rememberCommand(known: KnownCommands, event: Recorded): KnownCommands {
  const id = event.metadata.command_id;
  const hash = event.metadata.command_hash;
  if (id === undefined || hash === undefined) return known;
  const last = known.list.at(-1);
  const revision =
    last !== undefined && continues(known, id, event.revision) ? last.revision : event.revision;
  const count = event.revision - revision + 1;
  const list = known.list.map((item) => (item.revision === revision ? { ...item, count } : item));
  if (revision === event.revision) list.push({ id, hash, revision, count });
  const aliases = naturalIdsOf(event).filter((alias) => alias !== id);
  list.push(...aliases.map((alias) => ({ id: alias, hash, revision, count })));
  return forgetOldest(known.from, list);
}

function naturalIdsOf(event: Recorded): string[] {
  const named = event.type === 'TurnRecorded' || event.type === 'ExternalUpdateRecorded';
  return named ? naturalCommandIds(event.data) : [];
}

function continues(known: KnownCommands, id: string, revision: number): boolean {
  return known.list.some((item) => item.id === id && item.revision + item.count === revision);
}

function forgetOldest(from: number, list: readonly KnownCommand[]): KnownCommands {
  const surplus = list.length - commandsKept;
  const lastForgotten = list[surplus - 1];
  if (lastForgotten === undefined) return { from, list };
  const kept = list.filter((item) => item.revision > lastForgotten.revision);
  return { from: lastForgotten.revision + 1, list: kept };
}
