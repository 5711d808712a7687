import { StreamDeletedError } from '@eventstore/db-client';
import type {
  AcceptedCommands,
  DecidedCommands,
  FoundCommand,
  RecordedEvent,
  Rejection,
  Session,
} from '#domain';
import {
  decideAll,
  findProcessedCommand,
  inactiveSince,
  isCellCommand,
  isStarted,
  newSession,
} from '#domain';
import { isDeeperThan, KeyedMutex, sleep } from '#platform';
import type { DataKey } from '#privacy';
import { erased } from '#privacy';
import { lastLink } from './chain/last-link.ts';
import { chainEvents } from './chain/link.ts';
import type { AppendOutcome } from './client/append-answer.ts';
import type { NewEvent } from './client/append-request.ts';
import { deepestData } from './codec.ts';
import { eventsAfter, readCommand } from './command-events.ts';
import { keyFor, makesKey } from './command-key.ts';
import type { CommandRequest, CommandResult } from './command-request.ts';
import { commandContext, CommandIdentity } from './command-request.ts';
import type { TailLimits } from './command-tail.ts';
import { commandLimits, CommandTail } from './command-tail.ts';
import {
  CommandIdReusedError,
  CommandRejectedError,
  erasureInProgress,
  OutOfReachError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from './errors.ts';
import { assertAtHome, rememberSession } from './partner-memory.ts';
import type { SessionCachePort } from './session-cache-port.ts';
import type { EventStore } from './store.ts';
import { RequestTokeniser } from './tokenise-commands.ts';
import { foldStream, sessionStream } from './streams.ts';

/** Events that this process has just appended, and the session after them. */
export interface Appended {
  readonly session: Session;
  readonly events: readonly RecordedEvent[];
}

/** How often a request is decided again because another process changed the session first. */
const attempts = 50;
/** Rejections that are more specific than a conflict of revisions. */
const beforeConflict: ReadonlySet<string> = new Set([
  'session_not_found',
  'session_elsewhere',
  'agent_replaced',
]);

const deleted: Rejection = {
  code: 'session_deleted',
  reason: 'A session with this id was deleted; the id cannot be used again.',
};

const notFound: Rejection = { code: 'session_not_found', reason: 'There is no such session.' };

/** Levels of nesting that a command may have; its events, and later events that copy parts of them, have some more. */
export const deepestCommand = deepestData - 50;
const tooDeep: Rejection = {
  code: 'data_too_deep',
  reason: `The command is nested in more than ${deepestCommand} levels.`,
};

/** Executes commands: reads, folds, decides, appends with the expected revision. */
export class CommandExecutor {
  private readonly mutex = new KeyedMutex();
  private readonly tail: CommandTail;

  /**
   * @param onAppended announces what was appended, without guarantee; reliable consumers read the stream
   * @param limits how long a repeated command is recognised
   */
  constructor(
    private readonly store: EventStore,
    private readonly cache: SessionCachePort,
    private readonly onAppended: (appended: Appended) => void = () => undefined,
    limits: TailLimits = commandLimits,
  ) {
    this.tail = new CommandTail(store, limits);
  }

  /**
   * Requests of one session are executed in sequence, so that those of this process do not conflict. For an ended session, the
   * partner's memory is recorded before this resolves; a repetition of the request completes it.
   * @throws CommandRejectedError, WrongExpectedRevisionError, CommandIdReusedError, OutOfReachError, UnprojectableEventError,
   * AppendTooLargeError, StoreUnavailableError (also when other processes keep changing the session first), KeyStoreUnavailableError
   */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const result = await this.mutex.run(request.sessionId, () => this.handle(request));
    const { session, events, replayed } = result;
    if (!replayed && events.length > 0) this.onAppended({ session, events });
    if (isOver(session) && !request.commands.every(isCellCommand)) await rememberSession(this.store, session);
    return result;
  }

  /** Decides on the cached session, and again on the latest one after each conflict. */
  private async handle(request: CommandRequest): Promise<CommandResult> {
    const { sessionId } = request;
    if (isDeeperThan(request.body, deepestCommand)) throw new CommandRejectedError(tooDeep, 0, -1);
    const tokeniser = new RequestTokeniser(request);
    let session = (await this.cache.load(sessionId)) ?? (await foldStream(this.store, newSession(sessionId)));
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      // Bounded: with ever longer pauses, a request that has lost often would win ever less often.
      if (attempt > 3) await sleep(Math.random() * 5 * Math.min(attempt, 8));
      if (!isReached(request, session, null)) throw new CommandRejectedError(notFound, 0, -1);
      // No key is made here for a partner who has left: it would differ from the one in the cell that has the data.
      if (makesKey(this.store, session, request))
        session = assertAtHome(this.store, await this.catchUp(session));
      const key = await keyFor(this.store.codec, session, request);
      if (key === erased) {
        if (!isReached(request, session)) throw new CommandRejectedError(notFound, 0, -1);
        session = await this.afterErasure(session);
        continue;
      }
      const identity = new CommandIdentity(request, key);
      const processed = await this.findRequest(session, request, identity);
      // The request may be the one that ended the session, whose last activity is long ago.
      const isRepeated = processed !== undefined && identity.hasHash(processed.hash);
      if (!isRepeated && !isReached(request, session)) throw new CommandRejectedError(notFound, 0, -1);
      if (processed) {
        const replayed = await this.replay(session, processed, identity);
        if (replayed) return replayed;
        await this.forget(sessionId);
        session = await foldStream(this.store, newSession(sessionId));
        continue;
      }
      const own = commandContext(request, identity, this.store);
      const { commands, context } = tokeniser.tokenise(key, own);
      const decided = decideAll(session, commands, context);
      if ('session' in decided && !isReached(request, decided.session, null)) throw new OutOfReachError();
      const mayAppend =
        hasEvents(decided) && (request.expectedRevision ?? session.revision) === session.revision;
      const appended = mayAppend ? await this.tryAppend(session, decided, key) : undefined;
      if (appended && 'events' in appended) return appended;
      const latest = await this.catchUp(session, appended?.actual);
      if (latest.revision < session.revision) await this.forget(sessionId);
      if (!mayAppend && latest.revision === session.revision) return this.conclude(decided, latest, request);
      this.cache.remember(latest);
      session = latest;
    }
    const cause = `session ${sessionId} changed ${attempts} times while a command was decided`;
    throw new StoreUnavailableError({ cause });
  }

  /** Sessions are erased before their keys: the latest stream says so, unless the store was restored. @throws CommandRejectedError */
  private async afterErasure(session: Session): Promise<Session> {
    const latest = await this.catchUp(session);
    if (!isErased(latest)) throw erasureInProgress(latest.revision);
    this.cache.remember(latest);
    return latest;
  }

  /** The command that a request repeats. */
  private async findRequest(
    session: Session,
    { commandIds, formerId }: CommandRequest,
    identity: CommandIdentity,
  ): Promise<FoundCommand | undefined> {
    const found = await this.findProcessed(session, identity.formsOf(commandIds));
    if (found !== undefined || formerId === undefined) return found;
    const former = await this.findProcessed(session, identity.formsOf([formerId.id]));
    if (former === undefined || !identity.hasHash(former.hash)) return undefined;
    return (await this.findProcessed(session, identity.formsOf([formerId.unless]))) ? undefined : former;
  }

  /** Looks in the session's latest commands, then in the record of older ones, then in the part of the stream that the record lacks. */
  private async findProcessed(
    { session_id, known }: Session,
    ids: readonly string[],
  ): Promise<FoundCommand | undefined> {
    const recent = findProcessedCommand(known, ids);
    if (recent !== undefined || known.from === 0 || ids.length === 0) return recent;
    const { command, revision } = await this.cache.findCommand(session_id, ids);
    if (command !== undefined || revision >= known.from - 1) return command;
    return this.tail.find(session_id, ids, { from: revision + 1, to: known.from });
  }

  /** The result of a command that was processed before, read from the stream; undefined: it is not in the stream. */
  private async replay(
    session: Session,
    found: FoundCommand,
    identity: CommandIdentity,
  ): Promise<CommandResult | undefined> {
    const events = await readCommand(this.store, session.session_id, found);
    const isThere =
      events.length >= found.count && events.every(({ metadata }) => metadata.command_hash === found.hash);
    if (!isThere) return undefined;
    if (!identity.hasHash(found.hash)) throw new CommandIdReusedError(identity.sent(found.id), events);
    return { session, revision: found.revision + events.length - 1, events, replayed: true };
  }

  /** Drops the cached state of a session that is ahead of its stream. */
  private forget(sessionId: string): Promise<void> {
    this.tail.forget(sessionId);
    return this.cache.forget(sessionId);
  }

  /** Appends a decision; when the stream is at another revision, returns that one. */
  private async tryAppend(
    session: Session,
    { events, session: after }: AcceptedCommands,
    key: DataKey | undefined,
  ): Promise<CommandResult | { readonly actual: number }> {
    const sealing = { stream: sessionStream(session.session_id), key };
    const stored = events.map((event) => this.store.codec.encode(event, sealing));
    const chained = chainEvents(await lastLink(this.store, session), stored);
    const { appended, revision: actual } = await this.append(session, chained.events);
    if (!appended) return { actual };
    const known =
      actual === after.revision
        ? { session: { ...after, chain: chained.chain }, events }
        : await this.moved(after, events, actual);
    this.cache.remember(known.session);
    return { ...known, revision: actual, replayed: false };
  }

  /** A deleted stream continues after its old revisions, so its new events have higher revisions than decided. */
  private async moved(after: Session, events: readonly RecordedEvent[], actual: number): Promise<Appended> {
    const session = await foldStream(this.store, newSession(after.session_id), actual);
    const by = actual - after.revision;
    return { session, events: events.map((event) => ({ ...event, revision: event.revision + by })) };
  }

  /** The latest session, at least at the revision that a failed append reported. A session ahead of its stream is folded from the start. */
  private catchUp(session: Session, actual?: number): Promise<Session> {
    const isAhead = actual !== undefined && actual < session.revision;
    return foldStream(this.store, isAhead ? newSession(session.session_id) : session, actual);
  }

  /** As the store's `append`; a deleted stream counts as none. */
  private async append(
    { session_id, revision }: Session,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    try {
      return await this.store.append(sessionStream(session_id), events, revision);
    } catch (error) {
      if (!(error instanceof StreamDeletedError)) throw error;
      if (revision < 0) throw new CommandRejectedError(deleted, 0, revision);
      return { appended: false, revision: -1 };
    }
  }

  /** The result when nothing can be appended at the latest revision: rejected, conflicting, or without effect. */
  private async conclude(
    decided: DecidedCommands,
    session: Session,
    { expectedRevision = session.revision }: CommandRequest,
  ): Promise<CommandResult> {
    const { revision } = session;
    const rejection = 'rejection' in decided ? decided.rejection : undefined;
    const conflict = expectedRevision !== revision;
    const saysMore = rejection !== undefined && (isErased(session) || beforeConflict.has(rejection.code));
    if (conflict && !saysMore) {
      const events = await eventsAfter(this.store, session, expectedRevision);
      throw new WrongExpectedRevisionError(expectedRevision, revision, events, rejection === undefined);
    }
    if ('rejection' in decided) throw new CommandRejectedError(decided.rejection, decided.command, revision);
    return { session, revision, events: [], replayed: false };
  }
}

function hasEvents(decided: DecidedCommands): decided is AcceptedCommands {
  return 'events' in decided && decided.events.length > 0;
}

/** A session that has not started belongs to nobody yet. */
function isReached(
  { reaches }: CommandRequest,
  { state }: Session,
  inactive_since = inactiveSince(state),
): boolean {
  const { partner_id, region } = state.identity;
  return (
    reaches === undefined ||
    !isStarted(state) ||
    reaches({ partner_id, region, channel: state.session.channel, inactive_since })
  );
}

function isErased({ state }: Session): boolean {
  return state.session.status === 'erased';
}

/** An erased session leaves nothing to remember; a session on its way to another cell is remembered there. */
function isOver({ state }: Session): boolean {
  const { status, home } = state.session;
  return isStarted(state) && home?.leaving === undefined && status !== 'active' && status !== 'erased';
}
