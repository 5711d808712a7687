import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { AgentState, Session } from '#domain';
import { conversationSchemas, conversationType } from '#messaging';
import { inParallel } from '#platform';
import type { Caller } from '#privacy';
import { RetentionConfig } from '#privacy';
import type { CorrelatedSession } from '#read-models';
import { correlatedSessions, PrivacyWatch, publishedUpTo, SessionCache } from '#read-models';
import type { RawEvent, StoredEvent } from '#sessions';
import { EventStore, isPosition, sessionStream, UnprojectableEventError } from '#sessions';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { restrictionsUnknown } from '../common/problems.ts';
import { isLimited, isReached } from '../common/reach.ts';
import type { TracedEvent, TraceNode } from './tree.ts';
import { traceTree } from './tree.ts';

/** The maximum numbers of sessions, events and acknowledgements of a trace, and of events read per session. */
const most = { sessions: 200, events: 2_000, acknowledgements: 2_000, scanned: 5_000 };
/** How many events after the last event of a trace its acknowledgement is searched. */
const acknowledgedWithin = 200;
const sessionsAtOnce = 8;

/** All effects of one message. */
export interface Trace {
  readonly correlation_id: string;
  readonly session_ids: readonly string[];
  readonly events: number;
  /** When the first of its events was stored, and the last (ISO 8601). */
  readonly started_at: string;
  readonly ended_at: string;
  /** Whether there is more than this. */
  readonly truncated: boolean;
  readonly children: readonly TraceNode[];
}

/** Reads traces: PostgreSQL indexes the sessions, their streams have the events. */
@Injectable()
export class Traces {
  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly sessions: SessionCache,
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  /** The trace of a correlation id, limited to the sessions that the caller reaches; undefined: there is none. */
  async find(caller: Caller, correlationId: string, signal: AbortSignal): Promise<Trace | undefined> {
    const store = this.store.until(signal);
    const found = await this.breaker.run(() =>
      correlatedSessions(this.pool, correlationId, most.sessions + 1),
    );
    const ids = found.map(({ session_id }) => session_id);
    const published = await this.breaker.run(() => publishedUpTo(this.pool, ids));
    const owners = new Map<string, AgentState>();
    const events: TracedEvent[] = [];
    const acknowledgements: TracedEvent[] = [];
    let truncated = found.length > most.sessions;
    await inParallel(found.slice(0, most.sessions), sessionsAtOnce, async (session) => {
      const isShown = await this.isShown(caller, session.session_id, signal);
      truncated ||= isShown === undefined;
      if (isShown !== true) return;
      if (session.last_revision - session.first_revision >= most.scanned) truncated = true;
      for await (const event of read(store, session, correlationId, published)) {
        if (event.metadata['$correlationId'] === correlationId) events.push(event);
        else acknowledgements.push(event);
        const isFull = events.length >= most.events || acknowledgements.length >= most.acknowledgements;
        truncated ||= isFull;
        if (isFull) break;
      }
      const owner = (await this.folded(session.session_id, signal))?.state.agent;
      if (owner !== undefined) owners.set(session.session_id, owner);
    });
    const times = events.map(({ created }) => created).sort();
    const [started_at, ended_at] = [times[0], times.at(-1)];
    if (started_at === undefined || ended_at === undefined) return undefined;
    return {
      correlation_id: correlationId,
      session_ids: [...new Set(events.map(({ session_id }) => session_id))],
      events: events.length,
      started_at,
      ended_at,
      truncated,
      children: traceTree(events, acknowledgements, owners),
    };
  }

  /** Undefined: the session cannot be folded. */
  private async folded(sessionId: string, signal: AbortSignal): Promise<Session | undefined> {
    try {
      return await this.sessions.latest(sessionId, signal);
    } catch (error) {
      if (error instanceof UnprojectableEventError) return undefined;
      throw error;
    }
  }

  /** Sessions of restricted partners are left out, as in lists. Undefined: the caller is limited, and the session cannot be folded. */
  private async isShown(
    caller: Caller,
    sessionId: string,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const mayAll = caller.role === this.config.restrictedRole;
    if (!mayAll && !this.watch.isKnown) throw restrictionsUnknown();
    const isOpen = mayAll || !this.watch.isClosedSession(sessionId);
    if (!isOpen || !isLimited(caller)) return isOpen;
    const session = await this.folded(sessionId, signal);
    return session && session.revision >= 0 && isReached(caller, session.state);
  }
}

/** The events of a trace in one session, and the acknowledgements of updates there. */
async function* read(
  store: EventStore,
  { session_id, first_revision: from, last_revision }: CorrelatedSession,
  correlationId: string,
  published: ReadonlyMap<string, bigint>,
): AsyncGenerator<TracedEvent> {
  const to = Math.min(last_revision + acknowledgedWithin, from + most.scanned);
  for await (const stored of store.read(sessionStream(session_id), { from, limit: to - from + 1 })) {
    const { id, type, metadata } = stored;
    const correlation = (metadata as { $correlationId?: unknown } | undefined)?.$correlationId ?? id;
    if (type !== 'UpdateAcknowledged' && correlation !== correlationId) continue;
    const event = await store.codec.raw(stored);
    yield { ...event, session_id, published: isPublished(event, stored, published.get(session_id)) };
  }
}

/** Null: the event has no public form, or the store does not say where in the log it is. */
function isPublished(
  { type, metadata }: RawEvent,
  { position }: StoredEvent,
  upTo: bigint = 0n,
): boolean | null {
  const isPublic = metadata['forked_from'] === undefined && conversationType(type) in conversationSchemas;
  if (!isPublic || position === undefined || !isPosition(position.commit)) return null;
  return position.commit <= upTo;
}
