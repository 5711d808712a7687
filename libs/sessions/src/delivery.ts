import type { RecordedEvent } from '#domain';
import { isAccessStream } from './access-stream.ts';
import type { StoredEvent } from './client/page.ts';
import type { EventCodec, RawEvent } from './codec.ts';
import { rawEvent } from './codec.ts';
import { deletionOf } from './deletion.ts';
import type { UnprojectableReason } from './errors.ts';
import { UnprojectableEventError } from './errors.ts';
import { sessionOf } from './streams.ts';

/** What a subscription delivers, in the store's order. Positions are commit positions. */
export type Delivery =
  | {
      readonly kind: 'event';
      readonly session_id: string;
      readonly event: RecordedEvent;
      readonly position: bigint;
    }
  /** An event that cannot be decoded, in its place. The other sessions continue. */
  | {
      readonly kind: 'unprojectable';
      readonly session_id: string;
      readonly revision: number;
      readonly event_id: string;
      readonly type: string;
      readonly reason: UnprojectableReason;
      readonly position: bigint;
    }
  /** The events of a session with a revision below `before` are deleted. */
  | {
      readonly kind: 'deleted';
      readonly session_id: string;
      readonly before: number;
      readonly position: bigint;
    }
  /** An event of an access log, for subscribers of access logs. */
  | {
      readonly kind: 'access';
      readonly stream: string;
      readonly event: RawEvent;
      readonly position: bigint;
    }
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  /** Everything that the store had is delivered. The subscription may fall behind later. */
  | { readonly kind: 'caught_up' }
  | { readonly kind: 'fell_behind' };

/** An event of a session, or a deletion that a system event reports. Any other event only advances the position. */
export function toDelivery(
  codec: EventCodec,
  stored: StoredEvent,
  position: bigint,
): Delivery | Promise<Delivery> {
  const deletion = deletionOf(stored);
  if (deletion) return { kind: 'deleted', ...deletion, position };
  const stream = stored.streamId;
  if (isAccessStream(stream)) return { kind: 'access', stream, event: rawEvent(stored), position };
  const session_id = sessionOf(stream);
  if (session_id === undefined) return { kind: 'checkpoint', position };
  const delivered = (event: RecordedEvent): Delivery => ({ kind: 'event', session_id, event, position });
  try {
    const event = codec.decode(stored);
    if (!(event instanceof Promise)) return delivered(event);
    return event.then(delivered, (error: unknown) => unprojectable(session_id, error, position));
  } catch (error) {
    return unprojectable(session_id, error, position);
  }
}

function unprojectable(session_id: string, error: unknown, position: bigint): Delivery {
  if (!(error instanceof UnprojectableEventError)) throw error;
  const { revision, event_id, type, reason } = error;
  return { kind: 'unprojectable', session_id, revision, event_id, type, reason, position };
}
