import type { ProcessedCommand, RecordedEvent, Session } from '#domain';
import { latestCommand, newSession } from '#domain';
import type { EventStore } from '#sessions';
import { foldEvent, readEvents, UnprojectableEventError } from '#sessions';
import { sections } from './document.ts';
import type { ContextStore } from './store.ts';

/** A session folded from its events, with all its commands. */
interface FoldedSession {
  readonly session: Session;
  readonly commands: readonly ProcessedCommand[];
}

/** The running rebuilds, by store and session. */
const running = new WeakMap<ContextStore, Map<string, Promise<Session>>>();

/**
 * Brings a session's context up to its stream, with its command record: from the stored state, else from the
 * first event. Concurrent calls for one session share one fold. Revision -1: there is no such session.
 * @throws UnprojectableEventError, SessionSetAsideError
 */
export function rebuildContext(
  store: EventStore,
  contexts: ContextStore,
  sessionId: string,
): Promise<Session> {
  const bySession = running.get(contexts) ?? new Map<string, Promise<Session>>();
  running.set(contexts, bySession);
  const shared = bySession.get(sessionId);
  if (shared !== undefined) return shared;
  const own = rebuild(store, contexts, sessionId).finally(() => bySession.delete(sessionId));
  bySession.set(sessionId, own);
  return own;
}

async function rebuild(store: EventStore, contexts: ContextStore, sessionId: string): Promise<Session> {
  const stored = await contexts.load(sessionId);
  if (stored !== undefined) {
    const { session, commands, isAhead } = await foldFrom(store, stored);
    if (isAhead) await contexts.delete([sessionId]);
    const result = !isAhead && (await contexts.apply(stored.revision, session, sections, commands));
    if (result === 'applied' || result === 'stale' || result === 'dropped') return session;
  }
  const { session, commands } = await foldFrom(store, newSession(sessionId));
  if (session.revision >= 0) await contexts.replace(session, commands);
  return session;
}

/** Folds the events after a session. `isAhead`: the stream does not have the session's own revision. */
async function foldFrom(
  store: EventStore,
  begin: Session,
): Promise<FoldedSession & { readonly isAhead: boolean }> {
  const { session_id, revision } = begin;
  const fold = new Fold(begin);
  let isAhead = revision >= 0;
  for await (const event of readEvents(store, session_id, { from: Math.max(0, revision) })) {
    if (event.revision === revision) isAhead = false;
    else fold.add(event);
  }
  return { session: fold.session, commands: fold.commands, isAhead };
}

/** A session folded as far as possible, with its events. */
interface PartialFold extends FoldedSession {
  readonly events: readonly RecordedEvent[];
  /** The first event that cannot be folded. */
  readonly failure: UnprojectableEventError | null;
}

/** Folds a session from its first event, up to the revision `before` or the first event that cannot be folded. */
export async function foldAsFarAsPossible(
  store: EventStore,
  sessionId: string,
  before?: number,
): Promise<PartialFold> {
  const fold = new Fold(newSession(sessionId));
  const events: RecordedEvent[] = [];
  try {
    const range = before === undefined ? {} : { limit: before };
    const read = before === 0 ? [] : readEvents(store, sessionId, range);
    for await (const event of read) {
      fold.add(event);
      events.push(event);
    }
    return { session: fold.session, commands: fold.commands, events, failure: null };
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    return { session: fold.session, commands: fold.commands, events, failure: error };
  }
}

class Fold implements FoldedSession {
  private readonly known = new Map<number, ProcessedCommand>();

  constructor(public session: Session) {}

  add(event: RecordedEvent): void {
    this.session = foldEvent(this.session, event);
    const command = latestCommand(this.session.known, event.revision);
    if (command) this.known.set(command.revision, command);
  }

  get commands(): ProcessedCommand[] {
    return [...this.known.values()];
  }
}
