import { sleep } from '#platform';
import type { RawEvent } from '#sessions';
import type { Reading } from './event-replay.ts';

/**
 * How long to stay silent before a keep-alive is sent, in milliseconds; a read then makes up for a lost notification.
 */
const quietMs = 15_000;

/** Notifies when a session has grown. Returns the function that stops it. */
export type Watch = (onGrowth: () => void) => Promise<() => void>;

/** Reads a session's events from a revision on, and follows new ones until aborted. */
export async function* follow(
  read: (from: number) => AsyncIterable<RawEvent>,
  from: number,
  watch: Watch,
  signal: AbortSignal,
): Reading {
  let grown = new AbortController();
  const unwatch = await watch(() => grown.abort());
  try {
    for (let next = from; !signal.aborted;) {
      grown = new AbortController();
      let isQuiet = true;
      for await (const event of read(next)) {
        isQuiet = false;
        next = event.revision + 1;
        yield event;
      }
      await sleep(quietMs, AbortSignal.any([signal, grown.signal]));
      if (isQuiet) yield null;
    }
  } finally {
    unwatch();
  }
}
