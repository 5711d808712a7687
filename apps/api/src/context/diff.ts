import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Explanation, FieldChange, RecordedEvent, Session } from '#domain';
import { changedFields, contextOf, explanationOf, newSession, parentPath } from '#domain';
import type { PastPoint } from '#sessions';
import { EventStore, foldEvent, foldPast } from '#sessions';
import { reversed } from './point.ts';

/** The changes of a context, field by field, with the last event that caused each. */
export interface ContextDiff {
  readonly session_id: string;
  readonly partner_id: string;
  /** -1: before the session began. */
  readonly from: number;
  readonly to: number;
  readonly changes: readonly (FieldChange & { readonly event: Explanation })[];
}

/** The difference between a context at two points; undefined: the start, and the present. @throws NoSuchPastError */
export class DiffContexts extends Query<ContextDiff> {
  constructor(
    readonly sessionId: string,
    readonly from: PastPoint | undefined,
    readonly to: PastPoint | undefined,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(DiffContexts)
export class DiffContextsHandler implements IQueryHandler<DiffContexts> {
  constructor(private readonly store: EventStore) {}

  async execute({
    sessionId,
    from,
    to = { at: new Date(8.64e15) },
    signal,
  }: DiffContexts): Promise<ContextDiff> {
    const store = this.store.until(signal);
    const none = newSession(sessionId);
    const before = from === undefined ? none : await foldPast(store, sessionId, from, none, foldEvent);
    const causes = new Map<string, Explanation>();
    let isThere = false;
    const evolve = (session: Session, event: RecordedEvent): Session => {
      isThere = true;
      const next = foldEvent(session, event);
      if (next === session) return session;
      const explanation = explanationOf(event);
      for (const { path } of changedFields(shown(session), contextOf(next))) causes.set(path, explanation);
      return next;
    };
    // The event at the older revision changes nothing; finding it shows that the newer point is not older.
    const start = Math.max(0, before.revision);
    const after = await foldPast(store, sessionId, to, before, evolve, start);
    if (!isThere) throw reversed();
    const context = contextOf(after);
    return {
      session_id: sessionId,
      partner_id: context.partner_id,
      from: before.revision,
      to: after.revision,
      changes: changedFields(shown(before), context).flatMap((change) => {
        const event = causeOf(causes, change.path);
        return event === undefined ? [] : [{ ...change, event }];
      }),
    };
  }
}

function shown(session: Session): ReturnType<typeof contextOf> | undefined {
  return session.revision < 0 ? undefined : contextOf(session);
}

/** A removed field may have been removed with the object that held it. */
function causeOf(causes: ReadonlyMap<string, Explanation>, path: string): Explanation | undefined {
  const own = causes.get(path);
  const parent = parentPath(path);
  return own ?? (parent === undefined ? undefined : causeOf(causes, parent));
}
