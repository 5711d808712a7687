import { backOffMs, jsonSize, sleep } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import type { StoredEvent } from './client/page.ts';
import type { EventCodec } from './codec.ts';
import type { Delivery } from './delivery.ts';
import { toDelivery } from './delivery.ts';

/** A stored event that is decoded when it is read, or shortly before. */
interface ReceivedEvent {
  readonly kind: 'stored';
  readonly stored: StoredEvent;
  readonly position: bigint;
  /** Once it is decoded, so that other readers need not; and when that was, by `performance.now()`. */
  delivery?: Delivery;
  decodedAt?: number;
}

/** What a subscription received. */
export type Received = Delivery | ReceivedEvent;

interface Flow {
  /** The limit of waiting deliveries. */
  readonly most: () => { readonly count: number; readonly bytes: number };
  /** Called when the limit is reached. */
  readonly onFull: () => void;
  /** Called when the queue has drained well below the limit. */
  readonly onRoom: () => void;
}

interface Waiting {
  readonly received: Received;
  readonly bytes: number;
}

const keyStorePause = { minMs: 50, maxMs: 1_000 };
/** While fewer deliveries wait, events are decoded as they arrive: several in succession take less time than one at a time. */
const decodedAhead = 64;
/** How long the contents of an event stay decoded for readers that are slow (ms): its key may be destroyed meanwhile. */
const decodedMs = 1_000;

/**
 * A bounded queue between a push subscription and a sequential reader. It decodes on reading at the latest, since keys may have to
 * be waited for.
 */
export class Inbox {
  private waiting: Waiting[] = [];
  /** The number and the size of waiting deliveries, including those being read. */
  private count = 0;
  private bytes = 0;
  /** Resolves the wait for the next delivery. */
  private notify: (() => void) | undefined;
  private ended = false;
  private failure: { error: unknown } | undefined;

  /** Whether the reader was told that it has caught up, and whether it must be told again. */
  private caughtUp = false;
  private owesCaughtUp = false;

  constructor(
    private readonly codec: EventCodec,
    private readonly flow: Flow,
  ) {}

  receive(received: Received): void {
    if (this.ended) return;
    const bytes = received.kind === 'stored' ? jsonSize(received.stored.data) : 0;
    this.waiting.push({ received, bytes });
    this.count += 1;
    this.bytes += bytes;
    if (received.kind === 'stored' && this.count < decodedAhead) this.decodeNow(received);
    const most = this.flow.most();
    if (this.count >= most.count || this.bytes >= most.bytes) this.flow.onFull();
    this.notify?.();
  }

  /** Delivers what still waits, then ends. */
  end(failure?: { error: unknown }): void {
    this.failure ??= failure;
    this.ended = true;
    this.notify?.();
  }

  async *deliveries(): AsyncGenerator<Delivery> {
    for (;;) {
      const batch = this.waiting;
      this.waiting = [];
      await this.codec.prefetch(
        batch.flatMap(({ received }) => ('stored' in received ? received.stored : [])),
      );
      for (const { received, bytes } of batch) {
        this.count -= 1;
        this.bytes -= bytes;
        if (this.hasRoom) this.flow.onRoom();
        if (received.kind !== 'stored') yield this.noted(received);
        else if (received.delivery && isRecent(received)) yield received.delivery;
        else yield* this.decoded(received);
      }
      if (this.waiting.length > 0) continue;
      if (this.owesCaughtUp) {
        this.owesCaughtUp = false;
        yield { kind: 'caught_up' };
      }
      if (this.failure) throw this.failure.error;
      if (this.ended) return;
      this.flow.onRoom();
      await new Promise<void>((resolve) => {
        this.notify = resolve;
      });
    }
  }

  private get hasRoom(): boolean {
    const most = this.flow.most();
    return this.count < most.count / 4 && this.bytes < most.bytes / 4;
  }

  /** Decodes an event if its key is in memory. */
  private decodeNow(received: ReceivedEvent): void {
    const { stored, position, delivery } = received;
    if (delivery !== undefined || !this.codec.canDecode(stored)) return;
    try {
      const decoded = toDelivery(this.codec, stored, position);
      if (decoded instanceof Promise) decoded.catch(() => undefined);
      else keep(received, decoded);
    } catch {
      // It is decoded again when it is read, and the reader gets the error.
    }
  }

  /** Decodes an event in its place: while its key is unavailable, the reader waits and has fallen behind. */
  private async *decoded(received: ReceivedEvent): AsyncGenerator<Delivery> {
    for (let failures = 0; ; failures += 1) {
      try {
        const delivery = toDelivery(this.codec, received.stored, received.position);
        yield keep(received, delivery instanceof Promise ? await delivery : delivery);
        return;
      } catch (error) {
        if (!(error instanceof KeyStoreUnavailableError)) throw error;
        // The next connection reads the event again.
        if (this.ended) throw this.failure?.error ?? error;
        if (failures === 0 && this.caughtUp) {
          this.owesCaughtUp = true;
          yield { kind: 'fell_behind' };
        }
        await sleep(backOffMs(failures + 1, keyStorePause));
      }
    }
  }

  /** The server's last word on whether the reader has caught up wins. */
  private noted(delivery: Delivery): Delivery {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (delivery.kind === 'caught_up' || delivery.kind === 'fell_behind') this.owesCaughtUp = false;
    return delivery;
  }
}

function keep(received: ReceivedEvent, delivery: Delivery): Delivery {
  received.delivery = delivery;
  received.decodedAt = performance.now();
  return delivery;
}

function isRecent({ decodedAt = 0 }: ReceivedEvent): boolean {
  return performance.now() - decodedAt < decodedMs;
}
