import type { StoredEvent } from './client/page.ts';
import type { RawEvent } from './codec.ts';
import type { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';

/** Which events of a session to read, and in which order. */
export interface HistoryRange {
  readonly direction: 'forwards' | 'backwards';
  /** The first revision in that direction. Undefined: the session's first, or its last. */
  readonly from?: number | undefined;
  /** The last revision in that direction. */
  readonly to?: number | undefined;
  /** Events of other types are left out. */
  readonly types?: ReadonlySet<string> | undefined;
  /** Whether an event is wanted, judged by its unsealed parts. */
  readonly wants?: ((event: StoredEvent) => boolean) | undefined;
  /** About how many events are wanted: one call reads no more. */
  readonly wanted?: number | undefined;
  /** About how many bytes one call reads. */
  readonly stepBytes?: number | undefined;
}

/** Events of a session as they were written. Only wanted events are opened. @throws StoreUnavailableError, KeyStoreUnavailableError */
export async function* readHistory(
  store: EventStore,
  sessionId: string,
  range: HistoryRange,
): AsyncGenerator<RawEvent> {
  const { direction, from, to, types, wants = () => true, wanted = Infinity, stepBytes } = range;
  const isBackwards = direction === 'backwards';
  if (from !== undefined && (from < 0 || (to !== undefined && (isBackwards ? from < to : from > to)))) return;
  const limit = types === undefined && range.wants === undefined ? wanted : Infinity;
  const options = { limit, ...(from !== undefined && { from }), ...(stepBytes && { stepBytes }) };
  const stream = sessionStream(sessionId);
  const events = isBackwards ? store.readBackwards(stream, options) : store.read(stream, options);
  for await (const stored of events) {
    const revision = Number(stored.revision);
    if (to !== undefined && (isBackwards ? revision < to : revision > to)) return;
    if (types?.has(stored.type) === false || !wants(stored)) continue;
    yield store.codec.raw(stored);
  }
}
