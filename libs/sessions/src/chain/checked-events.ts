import type { ExactEvent } from '../client/exact-read.ts';
import { saysNothing } from '../client/errors.ts';
import type { EventStore } from '../store.ts';
import type { EventBytes } from './link.ts';

/** An event as it is stored, with its place. */
export interface CheckedEvent extends EventBytes {
  readonly revision: number;
  readonly isJson: boolean;
  /** Its position in the log of the whole store. */
  readonly position: bigint;
}

/** An event that the store cannot read, for example because its file is damaged. */
export interface UnreadableEvent {
  readonly revision: number;
  readonly reason: string;
}

export function toChecked({ id, type, revision, isJson, position, bytes }: ExactEvent): CheckedEvent {
  return { id, type, revision: Number(revision), isJson, position: position?.commit ?? 0n, ...bytes };
}

/**
 * The events of a stream as they are stored. When the store cannot read one, the others are read one by one.
 * @throws StoreUnavailableError
 */
export async function* checkedEvents(
  store: EventStore,
  stream: string,
): AsyncGenerator<CheckedEvent | UnreadableEvent> {
  let from = 0;
  for (;;) {
    try {
      for await (const event of store.readExact(stream, { from })) {
        yield toChecked(event);
        from = Number(event.revision) + 1;
      }
      return;
    } catch (error) {
      if (saysNothing(error)) throw error;
    }
    const one = await readOne(store, stream, from);
    if (one === undefined) return;
    yield one;
    from = one.revision + 1;
  }
}

async function readOne(
  store: EventStore,
  stream: string,
  from: number,
): Promise<CheckedEvent | UnreadableEvent | undefined> {
  try {
    const [event] = await Array.fromAsync(store.readExact(stream, { from, limit: 1 }));
    return event && toChecked(event);
  } catch (error) {
    if (saysNothing(error)) throw error;
    return { revision: from, reason: error instanceof Error ? error.message : String(error) };
  }
}
