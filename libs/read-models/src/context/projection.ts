import type { ProcessedCommand, RecordedEvent, Session } from '#domain';
import { changedSections, latestCommand, newSession } from '#domain';
import { inParallel } from '#platform';
import type { Appended, EventStore } from '#sessions';
import { foldEvent, streamMatches, UnprojectableEventError } from '#sessions';
import { sections } from './document.ts';
import { SessionSetAsideError } from './errors.ts';
import type { ContextCheckpoint } from './checkpoint.ts';
import type { ContextChange } from './records.ts';
import type { SessionMemory } from './session-memory.ts';
import type { ContextStore } from './store.ts';
import { foldAsFarAsPossible, rebuildContext } from './rebuild.ts';
import type { Deletion, Positioned } from '../tables/items.ts';

interface ContextProjectionOptions {
  /** Sessions in memory, so that an event need not load its session first. */
  readonly sessions: SessionMemory;
  readonly onRebuild?: (sessionId: string) => void;
  /** Called with the sessions of each batch once they are written. */
  readonly onWritten?: (grown: readonly Appended[]) => void;
}

/** The problems of a batch. */
interface ContextResult {
  /** The first unfoldable event of each session; the events before it are written. */
  readonly failures: readonly UnprojectableEventError[];
  /** Sessions whose context was not written because it is marked as set aside. */
  readonly setAside: readonly string[];
}

type Groups = ReadonlyMap<string, readonly RecordedEvent[]>;

/** A change, or why there is none. */
type Folded = ContextChange | 'missing_predecessor' | 'unchanged';

const rebuildsAtOnce = 4;

/** Projects events into the contexts in Redis. Events that were already applied change nothing. */
export class ContextProjection {
  private readonly sessions: SessionMemory;

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly options: ContextProjectionOptions,
  ) {
    this.sessions = options.sessions;
  }

  /**
   * Writes the events of a batch, each session once. Sessions whose earlier events are missing in Redis are rebuilt
   * from their stream. The checkpoint is written along and covers the earlier batches.
   */
  async write(events: readonly Positioned[], checkpoint?: ContextCheckpoint): Promise<ContextResult> {
    const groups = groupBySession(events);
    const before = await this.sessionsBefore(groups);
    const changes: ContextChange[] = [];
    const incomplete: string[] = [];
    const failures: UnprojectableEventError[] = [];
    for (const [sessionId, list] of groups) {
      const change = fold(before.get(sessionId), list, (failure) => failures.push(failure));
      if (change === 'missing_predecessor') incomplete.push(sessionId);
      else if (change !== 'unchanged') changes.push(change);
    }
    const setAside: string[] = [];
    const results = await this.contexts.applyMany(changes, checkpoint);
    for (const [index, { after }] of changes.entries()) {
      if (results[index] === 'missing_predecessor') incomplete.push(after.session_id);
      else if (results[index] === 'set_aside') setAside.push(after.session_id);
      else this.sessions.set(after);
    }
    if (this.contexts.isFull) await this.drop(incomplete.splice(0));
    await inParallel(incomplete, rebuildsAtOnce, async (sessionId) => {
      const error = await this.rebuild(sessionId);
      if (error instanceof UnprojectableEventError) failures.push(error);
      else if (error) setAside.push(sessionId);
    });
    this.announce(groups);
    return { failures, setAside };
  }

  /** Removes the context and the command record of a session, unless they contain events after the deleted ones. */
  async delete({ session_id, before }: Deletion): Promise<void> {
    const [revision = -1] = await this.contexts.revisions([session_id]);
    if (revision >= before) return;
    this.sessions.delete(session_id);
    await this.contexts.delete([session_id]);
  }

  /** Writes the context of a session that Redis wrongly marks as set aside, because Redis came back in an older state. */
  async restore(sessionId: string): Promise<void> {
    this.sessions.delete(sessionId);
    const { session, commands } = await foldAsFarAsPossible(this.store, sessionId);
    if (session.revision >= 0) await this.contexts.restore(session, commands);
  }

  /** Forgets the sessions of a partition: other processes may have written them since. */
  forget(prefixes: readonly string[]): void {
    for (const id of this.sessions.ids()) if (streamMatches(id, prefixes)) this.sessions.delete(id);
  }

  /** Each session as it was before its first event of the batch; sessions found nowhere are left out. */
  private async sessionsBefore(groups: Groups): Promise<Map<string, Session>> {
    const found = new Map<string, Session>();
    const unknown: string[] = [];
    for (const [sessionId, [first]] of groups) {
      const kept = this.sessions.get(sessionId);
      if (kept) found.set(sessionId, kept);
      else if (first?.revision === 0) found.set(sessionId, newSession(sessionId));
      else unknown.push(sessionId);
    }
    // The next event may continue the last command of an older version.
    const loaded = await this.contexts.loadMany(unknown, 1);
    for (const session of loaded) if (session) found.set(session.session_id, session);
    return found;
  }

  /** Redis has no room for them now, so reading their streams would be wasted. */
  private async drop(sessionIds: readonly string[]): Promise<void> {
    await this.contexts.drop(sessionIds);
    for (const id of sessionIds) this.sessions.delete(id);
  }

  private announce(groups: Groups): void {
    this.options.onWritten?.(
      [...groups].flatMap(([id, events]) => {
        const session = this.sessions.get(id);
        return session ? [{ session, events }] : [];
      }),
    );
  }

  /** Returns why the session cannot be rebuilt; any other error is thrown, and the batch is retried. */
  private async rebuild(
    sessionId: string,
  ): Promise<UnprojectableEventError | SessionSetAsideError | undefined> {
    this.sessions.delete(sessionId);
    this.options.onRebuild?.(sessionId);
    try {
      const session = await rebuildContext(this.store, this.contexts, sessionId);
      if (session.revision >= 0) this.sessions.set(session);
      return undefined;
    } catch (error) {
      if (error instanceof UnprojectableEventError || error instanceof SessionSetAsideError) return error;
      throw error;
    }
  }
}

function fold(
  before: Session | undefined,
  events: readonly RecordedEvent[],
  onFailure: (failure: UnprojectableEventError) => void,
): Folded {
  if (before === undefined) return 'missing_predecessor';
  let after = before;
  const commands = new Map<number, ProcessedCommand>();
  for (const event of events) {
    if (event.revision <= after.revision) continue;
    if (event.revision !== after.revision + 1) return 'missing_predecessor';
    try {
      after = foldEvent(after, event);
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
      onFailure(error);
      break;
    }
    const command = latestCommand(after.known, event.revision);
    if (command) commands.set(command.revision, command);
  }
  if (after === before) return 'unchanged';
  const changed = before.revision < 0 ? sections : changedSections(before.state, after.state);
  return { before: before.revision, after, changed, commands: [...commands.values()] };
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
