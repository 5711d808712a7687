import type { ProcessedCommand, Session } from '#domain';
import { newSession } from '#domain';
import type { EventStore } from '#sessions';
import { foldEvent, readEvents } from '#sessions';
import { sections } from './document.ts';
import type { ContextStore } from './store.ts';

const underWay = new WeakMap<ContextStore, Map<string, Promise<Session>>>();

/**
 * Brings a session's context up to its stream, with the record of its commands: from what is stored, else from the
 * first event. Several calls for one session at a time share one fold. Revision -1: there is no such session.
 */
export function rebuildContext(
  store: EventStore,
  contexts: ContextStore,
  sessionId: string,
): Promise<Session> {
  const running = underWay.get(contexts) ?? new Map<string, Promise<Session>>();
  underWay.set(contexts, running);
  const shared = running.get(sessionId);
  if (shared !== undefined) return shared;
  const own = foldAndKeep(store, contexts, sessionId).finally(() => running.delete(sessionId));
  running.set(sessionId, own);
  return own;
}

async function foldAndKeep(store: EventStore, contexts: ContextStore, sessionId: string): Promise<Session> {
  const stored = await contexts.load(sessionId);
  if (stored !== undefined) {
    const { session, commands } = await foldFrom(store, stored);
    const isWhole = !(await isSevered(contexts, stored, commands));
    if (isWhole && (await contexts.apply(stored.revision, session, sections, commands)) !== 'gap')
      return session;
  }
  const { session, commands } = await foldFrom(store, newSession(sessionId));
  if (session.revision >= 0) await contexts.replace(session, commands);
  return session;
}

async function foldFrom(
  store: EventStore,
  begin: Session,
): Promise<{ session: Session; commands: ProcessedCommand[] }> {
  let session = begin;
  const commands = new Map<string, ProcessedCommand>();
  for await (const event of readEvents(store, begin.session_id, { from: begin.revision + 1 })) {
    session = foldEvent(session, event);
    for (const command of latestCommands(session)) commands.set(command.id, command);
  }
  return { session, commands: [...commands.values()] };
}

/** Whether the first command after a stored session had begun before: its record cannot be made from its end alone. */
async function isSevered(
  contexts: ContextStore,
  { session_id, revision }: Session,
  [first]: readonly ProcessedCommand[],
): Promise<boolean> {
  if (first === undefined) return false;
  const { command } = await contexts.findCommand(session_id, [first.id]);
  return command !== undefined && command.revision <= revision;
}

/** The command that a session's last event belongs to, under each of its ids. */
export function latestCommands({ known, revision }: Session): ProcessedCommand[] {
  const last = known.list.at(-1);
  if (last === undefined || last.revision + last.count - 1 !== revision) return [];
  const start = known.list.findLastIndex((command) => command.revision !== last.revision) + 1;
  return known.list.slice(start);
}
