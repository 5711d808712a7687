import { randomUUID } from 'node:crypto';
import type {
  EventMetadata,
  ListedSession,
  PartnerCommand,
  PartnerEvent,
  PartnerState,
  RecordedEvent,
  Session,
  SessionUpdate,
} from '#domain';
import {
  decidePartner,
  elsewhere,
  evolvePartner,
  isFork,
  memoryChanges,
  newPartner,
  refuseElsewhere,
} from '#domain';
import { sleep } from '#platform';
import type { DataKey } from '#privacy';
import { PartnerErasedError } from '#privacy';
import {
  CommandRejectedError,
  erasureInProgress,
  StoreUnavailableError,
  unlessPartnerIsGone,
} from './errors.ts';
import { needsKey, partnerPrefix } from './sealed-events.ts';
import type { EventStore } from './store.ts';
import { readEvents } from './streams.ts';

/** How many events of a partner's stream are kept. Only the last one is needed; the others help people who investigate. */
const eventsKept = 32;
/** The limit is set when a stream begins, and again after this many events, for streams that began without it. */
const limitEvery = 64;
/** How often a change of a partner is decided again because another process changed it first. */
const attempts = 50;

/** A partner at a revision of its stream (-1: nothing yet). */
export interface Partner {
  readonly partner_id: string;
  readonly revision: number;
  readonly state: PartnerState;
}

/** The metadata of an event that identify the requester. */
export type PartnerContext = Pick<EventMetadata, 'actor' | '$correlationId' | 'traceparent'>;

export function partnerStream(partnerId: string): string {
  return `${partnerPrefix}${partnerId}`;
}

/** The partner that a stream belongs to; undefined: none. */
export function partnerOf(stream: string): string | undefined {
  return stream.startsWith(partnerPrefix) ? stream.slice(partnerPrefix.length) : undefined;
}

/** Thrown when another process has changed a partner since it was read. */
export class PartnerChangedError extends Error {
  constructor(
    partnerId: string,
    /** The current revision of the partner's stream. */
    readonly revision: number,
  ) {
    super(`Partner ${partnerId} is at revision ${revision} now.`);
  }
}

/**
 * A partner as of the end of its stream; `reaching`: a revision that the stream is known to have reached.
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function readPartner(
  store: EventStore,
  partner_id: string,
  reaching?: number,
): Promise<Partner> {
  const last = await store.readLast(partnerStream(partner_id), reaching);
  if (last === undefined) return { partner_id, revision: -1, state: newPartner };
  const state = evolvePartner(newPartner, await store.codec.decodePartner(last));
  return { partner_id, revision: Number(last.revision), state };
}

/**
 * Appends events to a partner's stream, in a change of the partner.
 * @throws PartnerChangedError (the change is then retried), CommandRejectedError, KeyStoreUnavailableError
 */
export async function appendToPartner(
  store: EventStore,
  partner: Partner,
  events: readonly PartnerEvent[],
  context: PartnerContext,
): Promise<void> {
  if (events.length === 0) return;
  const { partner_id, revision } = partner;
  const stream = partnerStream(partner_id);
  // An event that remembers nothing needs no key: an erased partner gets none.
  const isSealed = events.some(({ type, data }) => needsKey(type, data));
  const key = isSealed ? await keyFor(store, partner) : undefined;
  const home = store.cell === undefined || revision >= 0 ? {} : { home: { cell: store.cell.own } };
  const stored = events.map((event) => {
    const metadata: EventMetadata = {
      schema_version: store.codec.versionOf(event.type),
      occurred_at: new Date().toISOString(),
      ...context,
    };
    const begun = { ...event, data: { ...home, ...event.data } } as PartnerEvent;
    return store.codec.encode({ ...begun, event_id: randomUUID(), metadata }, { stream, key });
  });
  const outcome = await store.append(stream, stored, revision);
  if (!outcome.appended) throw new PartnerChangedError(partner_id, outcome.revision);
  // Not before: metadata make a deleted stream a stream without events, to which nothing can be appended as to a new one.
  if ((revision + 1) % limitEvery === 0) await store.limitStream(stream, eventsKept).catch(laterAgain);
}

/** The change is recorded, and the limit is set again after more events. */
const laterAgain = (): void => undefined;

/**
 * The key for a change of a partner: after an erasure a new one, if the stream has the receipt. @throws PartnerChangedError when an
 * erasure came in between, CommandRejectedError when the event store, having been restored, does not know the erasure
 */
async function keyFor(store: EventStore, partner: Partner): Promise<DataKey | undefined> {
  const { partner_id, revision, state } = partner;
  try {
    return await store.codec.keyAfter(partner_id, state.privacy?.receipt?.receipt_id);
  } catch (error) {
    if (!(error instanceof PartnerErasedError)) throw error;
    const latest = await readPartner(store, partner_id);
    if (latest.revision !== revision) throw new PartnerChangedError(partner_id, latest.revision);
    // The stream records an erasure before the ledger does. An erased partner without a stream means another event store.
    if (revision < 0) return store.codec.keyAfter(partner_id, error.receiptId);
    throw erasureInProgress(revision);
  }
}

/**
 * Reads a partner and changes it, again after each conflict.
 * @param change returns its result; undefined: something has changed, retry
 * @param isMove the change concerns the partner's cell, and is allowed in any cell
 * @throws StoreUnavailableError also when other processes keep changing the partner first
 */
export async function changePartner<T>(
  store: EventStore,
  partnerId: string,
  change: (partner: Partner) => Promise<T | undefined>,
  isMove = false,
): Promise<T> {
  let reaching: number | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const partner = await readPartner(store, partnerId, reaching);
      if (!isMove) assertHere(store, partner);
      const result = await change(partner);
      if (result !== undefined) return result;
    } catch (error) {
      if (!(error instanceof PartnerChangedError)) throw error;
      reaching = error.revision;
    }
    await sleep(Math.random() * 5 * attempt);
  }
  throw new StoreUnavailableError({ cause: `partner ${partnerId} changed ${attempts} times meanwhile` });
}

/** A partner without events belongs to no cell yet. @throws CommandRejectedError when the partner is at home in another cell */
export function assertHere({ cell }: Pick<EventStore, 'cell'>, { state, revision }: Partner): void {
  const other = revision < 0 ? undefined : elsewhere(state.home, cell);
  if (other !== undefined) throw new CommandRejectedError(refuseElsewhere(other).rejection, 0, revision);
}

/** @returns the session @throws CommandRejectedError when it is at home in another cell */
export function assertAtHome({ cell }: Pick<EventStore, 'cell'>, session: Session): Session {
  const other = elsewhere(session.state.session.home, cell);
  if (other !== undefined)
    throw new CommandRejectedError(refuseElsewhere(other).rejection, 0, session.revision);
  return session;
}

/** The events that a command adds to a partner. @throws CommandRejectedError */
export function decideOn({ state, revision }: Partner, command: PartnerCommand): readonly PartnerEvent[] {
  const decision = decidePartner(command, state);
  if ('rejection' in decision) throw new CommandRejectedError(decision.rejection, 0, revision);
  return decision.events;
}

/**
 * Executes a command on a partner. @returns the partner after it
 * @throws CommandRejectedError, StoreUnavailableError
 */
export async function commandPartner(
  store: EventStore,
  command: PartnerCommand,
  context: PartnerContext,
): Promise<PartnerState> {
  const isMove = command.type === 'MovePartner' || command.type === 'ArrivePartner';
  const change = async (partner: Partner): Promise<PartnerState> => {
    const events = decideOn(partner, command);
    await appendToPartner(store, partner, events, context);
    return events.reduce(evolvePartner, partner.state);
  };
  return changePartner(store, command.partner_id, change, isMove);
}

/** The sessions named by the kept events of a partner's stream, including those that were named but have not started. */
export async function knownSessions(store: EventStore, partnerId: string): Promise<readonly string[]> {
  const ids = new Set<string>();
  for await (const stored of store.read(partnerStream(partnerId))) {
    const { sessions } = evolvePartner(newPartner, await store.codec.decodePartner(stored));
    for (const { session_id } of sessions) ids.add(session_id);
  }
  return [...ids];
}

/**
 * Records what an ended session leaves to its partner's next one. A fork leaves nothing, nor does a session of a partner
 * who is being erased; of one who has left the cell, the other cell records it with the next session. Idempotent.
 */
export async function rememberSession(store: EventStore, session: Session): Promise<void> {
  if (isFork(session.state)) return;
  const { partner_id } = session.state.identity;
  await changePartner(store, partner_id, async (partner) => {
    const listed = partner.state.sessions.find(({ session_id }) => session_id === session.session_id);
    if (listed === undefined || listed.over) return true;
    const update = await sessionUpdate(store, listed, session);
    const events = decideOn(partner, { type: 'RememberSession', partner_id, update });
    const actor = { role: 'system', id: 'partner-memory' } as const;
    await appendToPartner(store, partner, events, { actor, $correlationId: session.session_id });
    return true;
  }).catch(unlessPartnerIsGone);
}

/** What a listed session has changed so far, by its state and its first event. */
export async function sessionUpdate(
  store: EventStore,
  { session_id, changes }: ListedSession,
  session: Session,
): Promise<SessionUpdate> {
  const over = session.state.session.status !== 'active';
  const first = await firstOf(store, session_id);
  const started = first?.type === 'SessionStarted' ? first.data : unknownStart;
  return { session_id, over, changes: memoryChanges(started, session, changes) };
}

/** The event that a session started with; a session that was only named may have moved before. */
export async function firstOf(store: EventStore, session_id: string): Promise<RecordedEvent | undefined> {
  for await (const event of readEvents(store, session_id))
    if (event.type !== 'SessionMoved' && event.type !== 'SessionArrived') return event;
  return undefined;
}

/** Stands for a first event that no longer exists: then everything in the session counts as changed. */
const unknownStart = { language: '', preferences: {}, open_goals: [] };
