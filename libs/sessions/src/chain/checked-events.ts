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
  /** True: nothing of the stream can be read from here on. */
  readonly toEnd?: boolean;
}

export function toChecked({ id, type, revision, isJson, position, bytes }: ExactEvent): CheckedEvent {
  return { id, type, revision: Number(revision), isJson, position: position?.commit ?? 0n, ...bytes };
}

/** Greater than every revision. */
const pastEnd = Number.MAX_SAFE_INTEGER;

/**
 * The events of a stream as they are stored. When the store cannot read one, the others are read one by one. When the stream itself
 * cannot be read, for example because its metadata are damaged, its last item says so.
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
    if ('reason' in one && !(await canContinue(store, stream, from))) {
      yield { ...one, toEnd: true };
      return;
    }
    const revision = 'reason' in one ? await firstFrom(store, stream, from) : one.revision;
    yield { ...one, revision };
    from = revision + 1;
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

/**
 * Whether events after an unreadable one can be looked for: the stream has a known end, or, when its last event is unreadable too, a
 * read beyond its end finds nothing. Otherwise every read fails, at any revision, and a search would never end.
 */
async function canContinue(store: EventStore, stream: string, revision: number): Promise<boolean> {
  const last = await unlessUnreadable(async () => Number((await store.readLast(stream))?.revision ?? -1));
  if (last !== undefined) return last >= revision;
  const beyond = await unlessUnreadable(() =>
    Array.fromAsync(store.readExact(stream, { from: pastEnd, limit: 1 })),
  );
  return beyond !== undefined;
}

/**
 * The revision of the first event from a revision on, which cannot be read: revisions before it may have been removed. A read backwards
 * from any of those ends without meeting it.
 */
async function firstFrom(store: EventStore, stream: string, from: number): Promise<number> {
  const reaches = async (revision: number): Promise<boolean> => {
    const events = await unlessUnreadable(() =>
      Array.fromAsync(store.readBackwards(stream, { from: revision, limit: 1 })),
    );
    return events === undefined || events.some((event) => Number(event.revision) >= from);
  };
  let [removed, there] = [from - 1, from];
  while (!(await reaches(there))) {
    // It was removed meanwhile.
    if (there === pastEnd) return from;
    removed = there;
    there = Math.min(pastEnd, 2 * there + 1);
  }
  while (there - removed > 1) {
    const middle = removed + Math.floor((there - removed) / 2);
    if (await reaches(middle)) there = middle;
    else removed = middle;
  }
  return there;
}

async function unlessUnreadable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (saysNothing(error)) throw error;
    return undefined;
  }
}
