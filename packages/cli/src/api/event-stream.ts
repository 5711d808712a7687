import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '@turnstream/sdk';
import { exitCodes, Failure } from '../failure.ts';
import type { Call } from './call.ts';
import { sseMessages } from './sse.ts';

/** An event with the time at which it was stored. */
export type StoredEvent = RecordedEvent & { readonly created?: string };

interface EventsAsked {
  readonly query: Readonly<Record<string, string | number | undefined>>;
  /** Events at most. */
  readonly limit?: number;
}

/** Pause before reconnecting, in milliseconds. */
const pauseMs = 500;
/** How many connections in a row may break without an event. */
const patience = 10;

/**
 * The events of a stream (`text/event-stream`) until the API ends it. After a broken connection it reconnects and continues
 * after the last event.
 */
export async function* eventStream(
  { api, terminal, out }: Call,
  path: string,
  { query, limit = Infinity }: EventsAsked,
): AsyncGenerator<StoredEvent, void> {
  const { signal } = terminal;
  let last: string | undefined;
  let left = limit;
  for (let failures = 0; failures < patience; failures += 1) {
    const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
    const { body } = await api.stream(path, { query, headers, signal });
    try {
      for await (const { id, event, data } of sseMessages(body)) {
        if (event === 'end') return;
        failures = 0;
        last = id;
        yield JSON.parse(data) as StoredEvent;
        left -= 1;
        if (left === 0) return;
      }
    } catch (error) {
      if (signal.aborted || error instanceof SyntaxError) throw error;
    }
    out.note('The connection was lost; reconnecting.');
    await sleep(pauseMs, undefined, { signal });
  }
  throw new Failure('The connection was lost repeatedly.', exitCodes.unreachable);
}
