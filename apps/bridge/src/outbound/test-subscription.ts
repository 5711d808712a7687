import type { RecordedEvent } from '#domain';
import type { Delivery } from '#sessions';
import { PositionBeyondEndError } from '#sessions';
import type { Subscribe } from '../common/session-events.ts';

export const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

/** The event at a position; by default one that is published. */
export function event(
  position: number,
  type = 'SessionEnded',
  data: object | null = {},
  session_id = sessionId,
): Delivery {
  const metadata = { occurred_at: '2026-11-24T08:00:00.000Z' };
  const recorded = { type, data, event_id: String(position), revision: 1, metadata };
  return {
    kind: 'event',
    session_id,
    event: recorded as unknown as RecordedEvent,
    position: BigInt(position),
  };
}

/** A turn that names an order. */
export function turnAbout(position: number, order_id: string): Delivery {
  return event(position, 'TurnRecorded', { turn_id: 't', sender: 'user', extracted_entities: { order_id } });
}

/** A reader of the subscription: where it began, and how many deliveries it took. */
interface Reader {
  readonly after: bigint | 'start' | 'end';
  read: number;
}

/** A log that delivers the events of a spec to each reader from the reader's position. */
export class TestSubscription {
  readonly readers: Reader[] = [];
  /** The position at which the log ends. */
  end = 1_000_000n;
  private readonly deliveries: Delivery[] = [];
  private change = Promise.withResolvers<void>();

  deliver(...more: readonly Delivery[]): void {
    this.deliveries.push(...more);
    this.notify();
  }

  async *subscribe({ after, signal }: Parameters<Subscribe>[0]): AsyncGenerator<Delivery> {
    if (typeof after === 'bigint' && after > this.end) throw new PositionBeyondEndError(after, this.end);
    const reader: Reader = { after, read: 0 };
    this.readers.push(reader);
    signal.addEventListener('abort', () => this.notify());
    for (let next = 0; !signal.aborted;) {
      const delivery = this.deliveries[next];
      if (delivery === undefined) {
        await this.change.promise;
        continue;
      }
      next += 1;
      if ('position' in delivery && typeof after === 'bigint' && delivery.position <= after) continue;
      reader.read += 1;
      yield delivery;
    }
  }

  private notify(): void {
    this.change.resolve();
    this.change = Promise.withResolvers();
  }
}
