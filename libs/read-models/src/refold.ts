import type { KnownCommand, Recorded, Session } from '#domain';
import { evolveSession, newSession } from '#domain';
import type { EventStore } from '#event-store';
import { readEvents } from '#event-store';
import type { ContextStore } from './context-store.ts';

const underWay = new WeakMap<ContextStore, Map<string, Promise<Session>>>();

/**
 * Folds a session's whole stream and keeps the result, with the record of all its commands, unless a later state is
 * there. Several calls for one session at a time share one fold. Revision -1: there is no such session.
 */
export function refold(store: EventStore, contexts: ContextStore, sessionId: string): Promise<Session> {
  const running = underWay.get(contexts) ?? new Map<string, Promise<Session>>();
  underWay.set(contexts, running);
  const shared = running.get(sessionId);
  if (shared !== undefined) return shared;
  const own = foldAndKeep(store, contexts, sessionId).finally(() => running.delete(sessionId));
  running.set(sessionId, own);
  return own;
}

async function foldAndKeep(store: EventStore, contexts: ContextStore, sessionId: string): Promise<Session> {
  let session = newSession(sessionId);
  const commands = new Map<string, KnownCommand>();
  for await (const event of readEvents(store, sessionId)) {
    session = foldEvent(session, event);
    for (const command of latestCommands(session)) commands.set(command.id, command);
  }
  if (session.revision >= 0) await contexts.replace(session, [...commands.values()]);
  return session;
}

/** The session after one more event. One that cannot be folded, since its data is not as its type says, is passed over. */
export function foldEvent(session: Session, event: Recorded, onFailure?: (error: unknown) => void): Session {
  try {
    return evolveSession(session, event);
  } catch (error) {
    onFailure?.(error);
    return { ...session, revision: event.revision };
  }
}

/** The command that a session's last event belongs to, under each of its ids. */
export function latestCommands({ known, revision }: Session): KnownCommand[] {
  const last = known.list.at(-1);
  if (last === undefined || last.revision + last.count - 1 !== revision) return [];
  const start = known.list.findLastIndex((command) => command.revision !== last.revision) + 1;
  return known.list.slice(start);
}
