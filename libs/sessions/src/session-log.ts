import { setImmediate } from 'node:timers/promises';
import { backOffMs, sleep } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import { StoreUnavailableError } from './client/errors.ts';
import type { StoredEvent } from './client/page.ts';
import { eventOf } from './client/wire-event.ts';
import type { Delivery } from './delivery.ts';
import { toDelivery } from './delivery.ts';
import type { EventStore } from './store.ts';

/** Consecutive events of sessions from the log. This part and those before contain everything up to the position. */
interface LogPart {
  readonly deliveries: readonly Delivery[];
  readonly position: bigint;
}

interface ReadLogOptions {
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Called when the store or a key is unavailable; the read is retried with back-off. */
  readonly onInterruption?: (error: unknown) => void;
  /** Events that are decoded together; few by default, since objects that live for a short time cost the least to collect. */
  readonly eventsAtOnce?: number;
}

const fewEvents = 64;
const retries = { minMs: 50, maxMs: 1_000 };

/**
 * The session events of the store, from the start of its log to its present end, in parts of large pages; the next page is
 * fetched while one is used. A subscription is slower, and continues from there.
 */
export async function* readSessionLog(store: EventStore, options: ReadLogOptions): AsyncGenerator<LogPart> {
  const next = (after: bigint | undefined): Promise<Buffer[]> =>
    untilAvailable(() => store.readLogPage(after), options);
  const head = await untilAvailable(() => store.head(), options);
  const { eventsAtOnce = fewEvents } = options;
  let page = next(undefined);
  for (;;) {
    const answers = await page;
    const end = positionIn(answers);
    if (end === undefined || options.signal.aborted) return;
    page = next(end);
    // Its rejection is handled when its turn comes.
    page.catch(() => undefined);
    for (let from = 0; from < answers.length; from += eventsAtOnce) {
      const events = answers.slice(from, from + eventsAtOnce).flatMap((answer) => eventOf(answer) ?? []);
      const position = events.at(-1)?.position?.commit;
      if (position !== undefined) yield { deliveries: await deliveriesOf(store, events, options), position };
      // The next page arrives meanwhile: the store sends no more than has been taken from the connection.
      await setImmediate();
    }
    if (end >= head) return;
  }
}

/** The position of the last event. */
function positionIn(answers: readonly Buffer[]): bigint | undefined {
  for (let at = answers.length - 1; at >= 0; at -= 1) {
    const answer = answers[at];
    const position = answer && eventOf(answer)?.position?.commit;
    if (position !== undefined) return position;
  }
  return undefined;
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
    const decoded = begun(decode);
    // Most are decoded at once: waiting for each would take more time than decoding it.
    const delivery = decoded instanceof Promise ? await untilAvailable(decode, options, decoded) : decoded;
    if (delivery.kind !== 'access' && delivery.kind !== 'checkpoint') found.push(delivery);
  }
  return found;
}

/** Begins work; what it throws at once is a rejection, too. */
function begun<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @param first the first attempt of the work */
async function untilAvailable<T>(
  work: () => T | Promise<T>,
  options: ReadLogOptions,
  first?: Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await (failures === 1 && first ? first : work());
    } catch (error) {
      const mayPass = error instanceof StoreUnavailableError || error instanceof KeyStoreUnavailableError;
      if (!mayPass || options.signal.aborted) throw error;
      options.onInterruption?.(error);
      await sleep(backOffMs(failures, retries), options.signal);
    }
  }
}
