import { LRUCache } from 'lru-cache';
import type { FoundCommand, ProcessedCommands } from '#domain';
import { latestCommand, rememberCommand } from '#domain';
import type { EventStore } from './store.ts';
import { readEvents } from './streams.ts';

/** How long a command is recognised: for that many later commands of its session, and that many seconds. */
export interface CommandLimits {
  readonly commands: number;
  readonly seconds: number;
}

export interface TailLimits extends CommandLimits {
  /** About how much memory the commands take that a process has read from streams, in bytes. */
  readonly keptBytes: number;
}

export const commandLimits: TailLimits = { commands: 10_000, seconds: 86_400, keptBytes: 2 ** 24 };

/** Revisions of a stream: `from` is included, `to` is not. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The commands of a range of a stream, by their ids. */
interface Tail {
  from: number;
  to: number;
  count: number;
  /** Whether commands before the range have expired. */
  ended: boolean;
  readonly known: Map<string, FoundCommand>;
}

/** The memory that an id takes with its command, and a session without commands, in bytes, roughly. */
const bytesPerId = 400;
const bytesPerTail = 500;

/**
 * Finds commands in the last part of a stream, which neither the session nor the record in Redis covers. The commands
 * read are kept, so that the next lookup reads only newer events. One call a session at a time.
 */
export class CommandTail {
  private readonly tails: LRUCache<string, Tail>;

  constructor(
    private readonly store: EventStore,
    private readonly limits: TailLimits,
    /** Events in one read. */
    private readonly pageSize = 500,
  ) {
    this.tails = new LRUCache({
      maxSize: limits.keptBytes,
      sizeCalculation: ({ known }) => bytesPerTail + bytesPerId * known.size,
    });
  }

  /** The command that has any of the ids, if its first event is in the range and has not expired. */
  async find(
    sessionId: string,
    ids: readonly string[],
    { from, to }: Range,
  ): Promise<FoundCommand | undefined> {
    const kept = this.tails.get(sessionId);
    const tail =
      kept && to - kept.to <= this.pageSize
        ? kept
        : { from: to, to, count: 0, ended: false, known: new Map() };
    // Kept again once it is complete: its size has changed, and a failed read must leave no gap.
    this.tails.delete(sessionId);
    await this.extend(sessionId, tail, { from, to });
    this.tails.set(sessionId, tail);
    const id = ids.find((item) => tail.known.has(item));
    return id === undefined ? undefined : tail.known.get(id);
  }

  /** Drops the kept commands of a session whose stream no longer has them. */
  forget(sessionId: string): void {
    this.tails.delete(sessionId);
  }

  private async extend(sessionId: string, tail: Tail, { from, to }: Range): Promise<void> {
    if (tail.to < to) {
      await this.read(sessionId, tail, { from: tail.to, to });
      tail.to = to;
    }
    while (tail.from > from && !tail.ended) {
      const page = { from: Math.max(from, tail.from - this.pageSize), to: tail.from };
      const oldest = await this.read(sessionId, tail, page);
      tail.from = page.from;
      const isOld = oldest !== undefined && Date.parse(oldest) < Date.now() - this.limits.seconds * 1_000;
      tail.ended = isOld || tail.count >= this.limits.commands;
    }
  }

  /** Adds the commands of a range; returns the time of its first event. */
  private async read(sessionId: string, tail: Tail, { from, to }: Range): Promise<string | undefined> {
    const events = await Array.fromAsync(
      readEvents(this.store, sessionId, { from, limit: to - from, reaching: to - 1 }),
    );
    let known: ProcessedCommands = { from, list: [] };
    for (const event of events) {
      known = rememberCommand(known, event);
      const command = latestCommand(known, event.revision);
      if (command === undefined) continue;
      const { ids, hash, revision, count } = command;
      if (revision === event.revision) tail.count += 1;
      for (const id of ids) tail.known.set(id, { id, hash, revision, count });
    }
    return events[0]?.metadata.occurred_at;
  }
}
