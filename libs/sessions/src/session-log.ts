import { backOffMs, sleep } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import { StoreUnavailableError } from './client/errors.ts';
import type { StoredEvent } from './codec.ts';
import type { Delivery } from './delivery.ts';
import { toDelivery } from './delivery.ts';
import type { EventStore } from './store.ts';

/** Events in a row of the log, what is of no session left out. Everything up to the position is in this page or in those before. */
export interface LogPage {
  readonly deliveries: readonly Delivery[];
  readonly position: bigint;
}

interface ReadLogOptions {
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Called when the store or a key is unavailable; it is tried again, with back-off. */
  readonly onInterruption?: (error: unknown) => void;
}

const retries = { minMs: 50, maxMs: 1_000 };

/**
 * What the store holds of sessions, from the start of its log to its end as it is now, in large pages, the
 * next one on its way while one is used. A subscription is slower, and goes on from there.
 */
export async function* readSessionLog(store: EventStore, options: ReadLogOptions): AsyncGenerator<LogPage> {
  const next = (after: bigint | undefined): Promise<StoredEvent[]> =>
    untilAvailable(() => store.readLogPage(after), options);
  const head = await untilAvailable(() => store.head(), options);
  let page = next(undefined);
  for (;;) {
    const events = await page;
    const position = events.at(-1)?.position?.commit;
    if (position === undefined || options.signal.aborted) return;
    page = next(position);
    // It is looked at in its turn.
    page.catch(() => undefined);
    yield { deliveries: await deliveriesOf(store, events, options), position };
    if (position >= head) return;
  }
}

async function deliveriesOf(
  { codec }: EventStore,
  events: readonly StoredEvent[],
  options: ReadLogOptions,
): Promise<Delivery[]> {
  await codec.prefetch(events);
  const found: Delivery[] = [];
  for (const stored of events) {
    const decode = (): Delivery | Promise<Delivery> =>
      toDelivery(codec, stored, stored.position?.commit ?? 0n);
    const delivery = await untilAvailable(decode, options);
    if (delivery.kind !== 'access' && delivery.kind !== 'checkpoint') found.push(delivery);
  }
  return found;
}

async function untilAvailable<T>(work: () => T | Promise<T>, options: ReadLogOptions): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof StoreUnavailableError || error instanceof KeyStoreUnavailableError;
      if (!mayPass || options.signal.aborted) throw error;
      options.onInterruption?.(error);
      await sleep(backOffMs(failures, retries), options.signal);
    }
  }
}
