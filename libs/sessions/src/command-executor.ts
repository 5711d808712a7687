import { hash as digest, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { v5 } from 'uuid';
import type {
  Actor,
  CommandContext,
  EventMetadata,
  ProcessedCommand,
  RecordedEvent,
  Session,
  SessionCommand,
  DecidedCommands,
} from '#domain';
import { canonicalJson, findProcessedCommand, newSession, decideAll } from '#domain';
import type { JsonObject } from '#domain';
import {
  CommandIdReusedError,
  CommandRejectedError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from './errors.ts';
import { foldStream, readEvents, sessionStream } from './streams.ts';
import type { EventStore } from './store.ts';

/** Where sessions are found without reading their stream: a cache, never the truth. */
export interface SessionCachePort {
  /** The session at some revision, or undefined when it is not kept. */
  load(sessionId: string): Promise<Session | undefined>;
  /** Keeps a session after an append. */
  remember(session: Session): void;
  /** Looks for commands older than those a session knows; `revision` tells up to where all of them are kept. */
  findCommand(
    sessionId: string,
    ids: readonly string[],
  ): Promise<{ revision: number; command?: ProcessedCommand }>;
  /** Fills the gap when `findCommand` did not reach far enough. */
  restore(sessionId: string): Promise<void>;
}

export interface CommandRequest {
  readonly sessionId: string;
  /** Decided one upon the other and appended together. */
  readonly commands: readonly SessionCommand[];
  readonly actor: Actor;
  /** The names under which a repetition of this request is recognised, the first of them stored with its events. */
  readonly commandIds: readonly string[];
  /** What the caller sent, for telling a repetition from another request under the same id. */
  readonly body: JsonObject;
  /** The revision that the caller has seen; undefined: decide on whatever is the latest. */
  readonly expectedRevision?: number;
  /** The epoch under which the caller holds the session; a command of one that was replaced is refused. */
  readonly agentEpoch?: number;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

/** What a command appended. `replayed`: it was in already, and this is its first result. */
export interface CommandResult {
  readonly session: Session;
  readonly revision: number;
  readonly events: readonly RecordedEvent[];
  readonly replayed: boolean;
}

const attempts = 50;

/**
 * Reads, folds, decides, appends with the expected revision: once more on the latest state after each conflict.
 * @throws CommandRejectedError, WrongExpectedRevisionError, CommandIdReusedError, StoreUnavailableError (also when others are always faster)
 */
export async function handleCommand(
  store: EventStore,
  sessionCache: SessionCachePort,
  request: CommandRequest,
): Promise<CommandResult> {
  const { sessionId, commands } = request;
  const hash = bodyHash(request.body);
  const envelope = commandContextOf(store, request, hash);
  let session = (await sessionCache.load(sessionId)) ?? (await foldStream(store, newSession(sessionId)));
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const known = await findKnown(sessionCache, session, request.commandIds);
    if (known) return replay(store, session, known, hash);
    const outcome = decideAll(session, commands, envelope);
    if (isFinal(outcome, session, request)) {
      const accepted = await tryAppend(store, session, outcome);
      if (accepted) {
        sessionCache.remember(accepted.session);
        return accepted;
      }
    }
    const latest = await foldStream(store, session);
    if (latest.revision === session.revision) return settle(store, outcome, latest, request);
    sessionCache.remember(latest);
    session = latest;
    if (attempt > 2) await sleep(Math.random() * 5 * attempt);
  }
  throw new StoreUnavailableError({
    cause: `session ${sessionId} changed ${attempts} times while a command was decided`,
  });
}

/** Whether a decision may be appended at once. Anything else is first checked against the latest revision. */
function isFinal(
  outcome: DecidedCommands,
  session: Session,
  { expectedRevision }: CommandRequest,
): outcome is Extract<DecidedCommands, { events: unknown }> {
  if ('rejection' in outcome || outcome.events.length === 0) return false;
  return expectedRevision === undefined || expectedRevision === session.revision;
}

async function tryAppend(
  store: EventStore,
  session: Session,
  { events, session: after }: Extract<DecidedCommands, { events: unknown }>,
): Promise<CommandResult | undefined> {
  const stream = sessionStream(session.session_id);
  const done = await store.append(
    stream,
    events.map((event) => store.codec.encode(event)),
    session.revision,
  );
  return done ? { session: after, revision: after.revision, events, replayed: false } : undefined;
}

/** Refusals that say more than that the revision is another one. */
const comesFirst: ReadonlySet<string> = new Set(['session_not_found', 'agent_replaced']);

/** The session is at its latest revision and nothing can be appended: refused, conflicting, or without effect. */
async function settle(
  store: EventStore,
  outcome: DecidedCommands,
  session: Session,
  { expectedRevision, sessionId }: CommandRequest,
): Promise<CommandResult> {
  const elsewhere = expectedRevision !== undefined && expectedRevision !== session.revision;
  if (elsewhere && !('rejection' in outcome && comesFirst.has(outcome.rejection.code))) {
    const from = Math.max(0, expectedRevision + 1);
    const events = await Array.fromAsync(readEvents(store, sessionId, { from, limit: 100 }));
    throw new WrongExpectedRevisionError(
      expectedRevision,
      session.revision,
      events,
      !('rejection' in outcome),
    );
  }
  if ('rejection' in outcome)
    throw new CommandRejectedError(outcome.rejection, outcome.command, session.revision);
  if (outcome.events.length > 0)
    throw new Error(`Stream of session ${sessionId} refuses appends at its own revision.`);
  return { session, revision: session.revision, events: [], replayed: false };
}

/** Looks among the latest commands, then in the record of older ones, which is restored when it has a gap. */
async function findKnown(
  sessionCache: SessionCachePort,
  { session_id, known }: Session,
  ids: readonly string[],
): Promise<ProcessedCommand | undefined> {
  const recent = findProcessedCommand(known, ids);
  if (recent !== undefined || known.from === 0 || ids.length === 0) return recent;
  const older = await sessionCache.findCommand(session_id, ids);
  if (older.command !== undefined || older.revision >= known.from - 1) return older.command;
  await sessionCache.restore(session_id);
  return (await sessionCache.findCommand(session_id, ids)).command;
}

/** The result of a command that is in already, read from the stream. */
async function replay(
  store: EventStore,
  session: Session,
  known: ProcessedCommand,
  hash: string,
): Promise<CommandResult> {
  if (known.hash !== hash) throw new CommandIdReusedError(known.id);
  const page = readEvents(store, session.session_id, { from: known.revision, limit: known.count });
  const events = await Array.fromAsync(page);
  return { session, revision: known.revision + known.count - 1, events, replayed: true };
}

function bodyHash(body: JsonObject): string {
  return digest('sha256', canonicalJson(body), 'base64url').slice(0, 22);
}

/**
 * Event ids derive from the session, the command id, the body and the time of this attempt. The store must not take
 * another attempt for this one: it would keep the other's times, while the session here goes on with its own.
 */
function commandContextOf(store: EventStore, request: CommandRequest, hash: string): CommandContext {
  const { agentEpoch } = request;
  const command_id = request.commandIds[0] ?? randomUUID();
  const metadata: Omit<EventMetadata, 'schema_version'> = {
    occurred_at: new Date().toISOString(),
    actor: request.actor,
    $correlationId: request.correlationId ?? randomUUID(),
    ...(request.causationId === undefined ? {} : { $causationId: request.causationId }),
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    command_id,
    command_hash: hash,
    ...(agentEpoch === undefined ? {} : { agent_epoch: agentEpoch }),
  };
  return {
    metadata: (type) => ({ schema_version: store.codec.versionOf(type), ...metadata }),
    agentEpoch,
    eventId: (index) => v5(`${command_id}:${hash}:${metadata.occurred_at}:${index}`, request.sessionId),
  };
}
