import { search } from './pages.ts';

/** For {@link Session.context}. */
export interface ContextOptions {
  /**
   * The least revision of the answer. Default: the last one that this object's commands wrote, so that you read your own
   * writes. 0 accepts any revision and is the cheapest. Does not apply to the past.
   */
  readonly minRevision?: number;
  /** The context as it was at this revision. */
  readonly atRevision?: number;
  /** The context as it was at this time: that of the last event stored by then. */
  readonly at?: Date;
  readonly signal?: AbortSignal;
}

/** The points that {@link Session.contextDiff} compares: each by revision or by time. */
export interface ContextDiffOptions {
  /** Default -1: before the session started. */
  readonly from?: number;
  readonly fromAt?: Date;
  /** Default: now. */
  readonly to?: number;
  readonly toAt?: Date;
  readonly signal?: AbortSignal;
}

/** For {@link Session.events}. */
export interface EventsOptions {
  /** The first revision in the direction of reading. Default: 0, backwards the last one. */
  readonly fromRevision?: number;
  /** The last revision, included. */
  readonly toRevision?: number;
  /** Default `forwards`: oldest first. */
  readonly direction?: 'forwards' | 'backwards';
  /** Only events of these types, 50 at most. */
  readonly types?: readonly string[];
  /** Page size, 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** The query of a context; `known`: the revision that a reader of the present must see. */
export function contextQuery(
  { minRevision, atRevision, at }: ContextOptions,
  known: number,
  explain?: '1',
): string {
  const isPast = atRevision !== undefined || at !== undefined;
  const least = minRevision ?? (isPast ? 0 : known);
  return search({
    min_revision: least > 0 ? least : undefined,
    at_revision: atRevision,
    at: at?.toISOString(),
    explain,
  });
}

export function diffQuery({ from, fromAt, to, toAt }: ContextDiffOptions): string {
  return search({ from, from_at: fromAt?.toISOString(), to, to_at: toAt?.toISOString() });
}

/** `after`: where the next page starts. */
export function eventsQuery(
  { fromRevision, toRevision, direction, types, limit }: EventsOptions,
  after: string | undefined,
): string {
  const from_revision = after ?? fromRevision;
  return search({ from_revision, to_revision: toRevision, direction, type: types?.join(','), limit });
}
