import { sleep } from '#platform';
import type { RawEvent } from '#sessions';
import type { Reading } from './event-replay.ts';

/** How long nothing may happen before the reader gets a sign of life, in milliseconds; a lost notification is made up for then. */
const quietMs = 15_000;

/** Tells when a session has grown. Returns what ends that. */
export type Watch = (onGrowth: () => void) => Promise<() => void>;

/** Reads a session's events from a revision on, and goes on with those that follow until it is aborted. */
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
