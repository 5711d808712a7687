import { LRUCache } from 'lru-cache';
import type { ProcessedCommand, RecordedEvent, Session } from '#domain';
import { changedSections, newSession } from '#domain';
import type { EventStore } from '#sessions';
import { foldEvent, UnprojectableEventError } from '#sessions';
import { sections } from './document.ts';
import type { ContextChange } from './records.ts';
import type { ContextStore } from './store.ts';
import { latestCommands, rebuildContext } from './rebuild.ts';
import type { Positioned } from '../tables/store.ts';
import type { Appended } from '../notifications/stream-notifications.ts';

export interface ContextProjectionOptions {
  /** How many sessions are kept in memory, so that an event need not load its session first. */
  readonly sessionsKept?: number;
  readonly onRefold?: (sessionId: string) => void;
  /** Told of the sessions of each batch, once they are written. */
  readonly onWritten?: (grown: readonly Appended[]) => void;
  /** Told of an event that cannot be folded: the context of its session does not advance, the others go on. */
  readonly onFailure?: (error: UnprojectableEventError) => void;
}

const refoldsAtOnce = 4;

/** Brings events into the contexts in Redis. Events that are in already change nothing. */
export class ContextProjection {
  private readonly sessions: LRUCache<string, Session>;

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly options: ContextProjectionOptions = {},
  ) {
    this.sessions = new LRUCache({ max: options.sessionsKept ?? 5_000 });
  }

  /**
   * Writes the events of a batch, each session once. Sessions whose earlier events are missing in Redis are folded anew
   * from their stream. `mark` is written along: what was written before this batch (see ContextStore.mark).
   */
  async write(events: readonly Positioned[], mark?: { name: string; position: bigint }): Promise<void> {
    const groups = groupBySession(events);
    const begun = await this.sessionsBefore(groups);
    const changes: ContextChange[] = [];
    const gaps: string[] = [];
    for (const [sessionId, list] of groups) {
      const change = this.fold(begun.get(sessionId), list);
      if (change === 'gap') gaps.push(sessionId);
      else if (change !== 'none') changes.push(change);
    }
    const results = await this.contexts.applyMany(changes, mark);
    for (const [index, { after }] of changes.entries()) {
      if (results[index] === 'gap') gaps.push(after.session_id);
      else this.sessions.set(after.session_id, after);
    }
    await this.refoldAll(gaps);
    this.tell(groups);
  }

  /** Forgets the sessions of a slot: others may have written them since. */
  forget(prefixes: readonly string[]): void {
    const mine = (id: string): boolean => prefixes.some((prefix) => `session-${id}`.startsWith(prefix));
    for (const id of [...this.sessions.keys()].filter(mine)) this.sessions.delete(id);
  }

  /** Each session as it was before its first event of the batch; a session that is kept nowhere is left out. */
  private async sessionsBefore(
    groups: ReadonlyMap<string, readonly RecordedEvent[]>,
  ): Promise<Map<string, Session>> {
    const found = new Map<string, Session>();
    const unknown: { sessionId: string; first: RecordedEvent }[] = [];
    for (const [sessionId, [first]] of groups) {
      const kept = this.sessions.get(sessionId);
      if (kept) found.set(sessionId, kept);
      else if (first?.revision === 0) found.set(sessionId, newSession(sessionId));
      else if (first) unknown.push({ sessionId, first });
    }
    const wanted = unknown.map(({ sessionId, first }) => ({
      sessionId,
      commandId: first.metadata.command_id,
    }));
    const loaded = await this.contexts.loadMany(wanted);
    for (const [index, { sessionId, first }] of unknown.entries()) {
      const { session, command } = loaded[index] ?? {};
      // The command of this event began before: its record cannot be continued without its beginning.
      const severed =
        session?.revision === first.revision - 1 && command && command.revision < first.revision;
      if (session && !severed) found.set(sessionId, session);
    }
    return found;
  }

  private tell(groups: ReadonlyMap<string, readonly RecordedEvent[]>): void {
    this.options.onWritten?.(
      [...groups].flatMap(([id, events]) => {
        const session = this.sessions.get(id);
        return session ? [{ session, events }] : [];
      }),
    );
  }

  private fold(
    before: Session | undefined,
    events: readonly RecordedEvent[],
  ): ContextChange | 'gap' | 'none' {
    if (before === undefined) return 'gap';
    let after = before;
    const commands = new Map<string, ProcessedCommand>();
    for (const event of events) {
      if (event.revision <= after.revision) continue;
      if (event.revision !== after.revision + 1) return 'gap';
      try {
        after = foldEvent(after, event);
      } catch (error) {
        this.tellFailure(error);
        break;
      }
      for (const command of latestCommands(after)) commands.set(command.id, command);
    }
    if (after === before) return 'none';
    const changed = before.revision < 0 ? sections : changedSections(before.state, after.state);
    return { before: before.revision, after, changed, commands: [...commands.values()] };
  }

  private async refoldAll(sessionIds: readonly string[]): Promise<void> {
    for (let from = 0; from < sessionIds.length; from += refoldsAtOnce) {
      const some = sessionIds.slice(from, from + refoldsAtOnce);
      await Promise.all(some.map((id) => this.refoldOne(id)));
    }
  }

  private async refoldOne(sessionId: string): Promise<void> {
    this.sessions.delete(sessionId);
    this.options.onRefold?.(sessionId);
    try {
      const session = await rebuildContext(this.store, this.contexts, sessionId);
      if (session.revision >= 0) this.sessions.set(sessionId, session);
    } catch (error) {
      this.tellFailure(error);
    }
  }

  /** Any other error is thrown: the batch is tried again. */
  private tellFailure(error: unknown): void {
    if (!(error instanceof UnprojectableEventError)) throw error;
    this.options.onFailure?.(error);
  }
}

function groupBySession(events: readonly Positioned[]): Map<string, RecordedEvent[]> {
  const groups = new Map<string, RecordedEvent[]>();
  for (const { session_id, event } of events) {
    const list = groups.get(session_id);
    if (list) list.push(event);
    else groups.set(session_id, [event]);
  }
  return groups;
}
