import type { EventStore } from '#sessions';
import type { RecordedEvent } from '#domain';
import { readEvents, UnprojectableEventError } from '#sessions';
import { Comparison, OtherCodeError } from './comparison.ts';
import type { Difference } from './comparison.ts';
import type { OtherEvolve } from './other-code.ts';
import type { Show } from './shown.ts';
import { unmasked } from './shown.ts';

/** The result of replaying one session. */
export interface ReplayedSession {
  readonly session_id: string;
  /** How many of its events were folded. */
  readonly events: number;
  readonly differences: readonly Difference[];
  /** The event at which the other code failed. */
  readonly fault?: { readonly revision: number; readonly type: string; readonly error: string };
  /** The event that the current code cannot read; the comparison ends before it. */
  readonly unreadable?: { readonly revision: number; readonly type: string; readonly reason: string };
}

interface Replay {
  readonly store: EventStore;
  readonly other: OtherEvolve;
  readonly show: Show;
}

/**
 * Replays a session up to a revision with other code. Read-only.
 * @throws StoreUnavailableError, KeyStoreUnavailableError
 */
export async function replaySession(
  { store, other, show }: Replay,
  session_id: string,
  until = Number.MAX_SAFE_INTEGER,
): Promise<ReplayedSession> {
  const comparison = new Comparison(session_id, other, show);
  let events = 0;
  let last: RecordedEvent | undefined;
  const result = (more: Partial<ReplayedSession> = {}): ReplayedSession => ({
    session_id,
    events,
    differences: comparison.differences,
    ...more,
  });
  try {
    for await (const event of readEvents(store, session_id, { limit: until + 1 })) {
      if (event.revision > until) break;
      last = event;
      comparison.add(event);
      events += 1;
    }
    return result();
  } catch (error) {
    if (error instanceof UnprojectableEventError) {
      const { revision, type, reason } = error;
      return result({ unreadable: { revision, type, reason } });
    }
    if (!(error instanceof OtherCodeError) || last === undefined) throw error;
    const { revision, type } = last;
    return result({ fault: { revision, type, error: textOf(error.cause, show === unmasked) } });
  }
}

/** The error and its place. Its message may quote personal data. */
function textOf(error: unknown, isUnmasked: boolean): string {
  if (!(error instanceof Error)) return 'a value that is not an Error was thrown';
  const place = /^ +at .*$/m.exec(error.stack ?? '')?.[0].trim() ?? '';
  return `${error.name}${isUnmasked ? `: ${error.message}` : ''} ${place}`.trim();
}
