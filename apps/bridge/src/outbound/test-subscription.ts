import type { RecordedEvent } from '#domain';
import type { Delivery } from '#sessions';
import type { Subscribe } from '../common/session-events.ts';

export const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

/** The event at a position; by default one that is published. */
export function event(position: number, type = 'SessionEnded', data: object | null = {}): Delivery {
  const metadata = { occurred_at: '2026-11-24T08:00:00.000Z' };
  const recorded = { type, data, event_id: String(position), revision: 1, metadata };
  return {
    kind: 'event',
    session_id: sessionId,
    event: recorded as unknown as RecordedEvent,
    position: BigInt(position),
  };
}

/** A turn that names an order. */
export function turnAbout(position: number, order_id: string): Delivery {
  return event(position, 'TurnRecorded', { turn_id: 't', sender: 'user', extracted_entities: { order_id } });
}

/** A subscription that delivers what a spec says. */
export class TestSubscription {
  /** Where it was to begin. */
  after: unknown;
  /** How many deliveries were taken. */
  read = 0;
  private readonly deliveries: Delivery[] = [];
  private failure: Error | undefined;
  private notify: () => void = () => undefined;

  deliver(...more: readonly Delivery[]): void {
    this.deliveries.push(...more);
    this.notify();
  }

  /** Ends the subscription with an error. */
  fail(error: Error): void {
    this.failure = error;
    this.notify();
  }

  async *subscribe({ after, signal }: Parameters<Subscribe>[0]): AsyncGenerator<Delivery> {
    this.after = after;
    signal.addEventListener('abort', () => this.notify());
    while (!signal.aborted) {
      if (this.failure) throw this.failure;
      const delivery = this.deliveries.shift();
      if (delivery) {
        this.read += 1;
        yield delivery;
      } else
        await new Promise<void>((resolve) => {
          this.notify = resolve;
        });
    }
  }
}
