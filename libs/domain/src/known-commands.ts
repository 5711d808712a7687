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

/** The name under which a turn is known as a command, whatever key it was sent with. */
export function turnCommandId(turnId: string): string {
  return `turn:${turnId}`;
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
  const alias = event.type === 'TurnRecorded' ? turnCommandId(event.data.turn_id) : id;
  if (alias !== id) list.push({ id: alias, hash, revision, count });
  return forgetOldest(known.from, list);
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
