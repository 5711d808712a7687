import { backOffMs, sleep } from '#platform';
import type { Delivery } from './delivery.ts';
import { PositionBeyondEndError } from './errors.ts';
import { Feed } from './feed.ts';
import { Inbox } from './inbox.ts';
import { checkWithinLog } from './log-position.ts';
import type { EventStore } from './store.ts';

export interface SubscribeOptions {
  /** Prefixes of stream names, such as `session-0`. */
  readonly prefixes?: readonly string[];
  /** Prefixes of event types, instead of stream names; then the events of all sessions. */
  readonly types?: readonly string[];
  /** The position to start after. */
  readonly after: bigint | 'start' | 'end';
  /** Which sealed fields are opened, all by default; the others stay sealed. */
  readonly opens?: (field: string) => boolean;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
  /** Called at each interruption; the subscription then reconnects with back-off. */
  readonly onInterruption?: (error: unknown) => void;
}

/** How many deliveries, and how many bytes, may wait for a slow reader before the stream is paused. */
export const mostWaiting = { count: 1_024, bytes: 16 * 1_024 * 1_024 };
export const reconnects = { minMs: 50, maxMs: 1_000 };

/**
 * The events of the sessions whose streams start with the prefixes: first the stored ones, then new ones as they come.
 * @throws PositionBeyondEndError when the log ends before the position, at the start or after an interruption
 */
export async function* subscribeToSessions(
  store: EventStore,
  options: SubscribeOptions,
): AsyncGenerator<Delivery> {
  const { signal } = options;
  let after = options.after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const delivery of subscribeOnce(store, { ...options, after })) {
        if ('position' in delivery) after = delivery.position;
        failures = 0;
        yield delivery;
      }
    } catch (error) {
      if (error instanceof PositionBeyondEndError) throw error;
      if (!signal.aborted) options.onInterruption?.(error);
    }
    failures += 1;
    await sleep(backOffMs(failures, reconnects), signal);
  }
}

async function* subscribeOnce(
  store: EventStore,
  { prefixes, types, after, opens, signal }: SubscribeOptions,
): AsyncGenerator<Delivery> {
  if (typeof after === 'bigint') await checkWithinLog(store, after);
  if (signal.aborted) return;
  const inbox = new Inbox(store.codec, {
    most: () => mostWaiting,
    onFull: () => feed.pause(),
    onRoom: () => feed.resume(),
  });
  const feed = new Feed(
    store,
    { ...(prefixes && { prefixes }), ...(types && { types }), ...(opens && { opens }), after },
    inbox,
  );
  const stop = (): void => inbox.end();
  signal.addEventListener('abort', stop);
  try {
    yield* inbox.deliveries();
  } finally {
    signal.removeEventListener('abort', stop);
    feed.stop();
  }
}
