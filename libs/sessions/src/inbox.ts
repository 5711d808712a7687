import { backOffMs, jsonSize, sleep } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import type { EventCodec, StoredEvent } from './codec.ts';
import type { Delivery } from './delivery.ts';
import { toDelivery } from './delivery.ts';

/** An event that becomes a delivery when it is read. */
interface ReceivedEvent {
  readonly kind: 'stored';
  readonly stored: StoredEvent;
  readonly position: bigint;
  /** Once somebody has read it: others who receive it, too, need not decode it again. */
  delivery?: Delivery;
}

/** What was received of a subscription. */
export type Received = Delivery | ReceivedEvent;

interface Flow {
  /** How much may wait. */
  readonly most: () => { readonly count: number; readonly bytes: number };
  /** Called when more waits than may. */
  readonly onFull: () => void;
  /** Called when much less waits. */
  readonly onRoom: () => void;
}

interface Waiting {
  readonly received: Received;
  readonly bytes: number;
}

const keyStorePause = { minMs: 50, maxMs: 1_000 };

/** A bounded queue between a flowing subscription and a sequential reader, which decodes: keys may have to be waited for. */
export class Inbox {
  private waiting: Waiting[] = [];
  /** How many deliveries wait, those that are being read included, and how large they are. */
  private count = 0;
  private bytes = 0;
  /** Resolves the wait for the next delivery. */
  private notify: (() => void) | undefined;
  private ended = false;
  private failure: { error: unknown } | undefined;

  /** Whether the reader was told that everything is delivered, and whether it is to be told again. */
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
    const most = this.flow.most();
    if (this.count >= most.count || this.bytes >= most.bytes) this.flow.onFull();
    this.notify?.();
  }

  /** What waits is delivered, then nothing more. */
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
        if (received.kind === 'stored') yield* this.decoded(received);
        else yield this.noted(received);
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

  /** An event in its place: while its key cannot be had, it is waited for, and the reader has fallen behind. */
  private async *decoded(received: ReceivedEvent): AsyncGenerator<Delivery> {
    for (let failures = 0; ; failures += 1) {
      try {
        const delivery = received.delivery ?? toDelivery(this.codec, received.stored, received.position);
        received.delivery = delivery instanceof Promise ? await delivery : delivery;
        yield received.delivery;
        return;
      } catch (error) {
        if (!(error instanceof KeyStoreUnavailableError)) throw error;
        // The event is read again, by the next connection.
        if (this.ended) throw this.failure?.error ?? error;
        if (failures === 0 && this.caughtUp) {
          this.owesCaughtUp = true;
          yield { kind: 'fell_behind' };
        }
        await sleep(backOffMs(failures + 1, keyStorePause));
      }
    }
  }

  /** What the server says last of where the reader is, is so. */
  private noted(delivery: Delivery): Delivery {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (delivery.kind === 'caught_up' || delivery.kind === 'fell_behind') this.owesCaughtUp = false;
    return delivery;
  }
}
