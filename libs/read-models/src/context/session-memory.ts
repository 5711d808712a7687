import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import { jsonSize } from '#platform';
import { sections } from './document.ts';

/** About how many bytes a character of JSON takes in memory: two-byte strings and the overhead of objects. */
const bytesPerCharacter = 3;
/** The overhead of a session, and of each command that it knows. */
const bytesPerSession = 500;
const bytesPerCommand = 400;

/** A session with the sizes of its sections, from which the size of the next state is computed. */
interface Entry {
  readonly session: Session;
  readonly sizes: readonly number[];
  readonly bytes: number;
}

/** The most recently used sessions of a process, bounded by the memory that they take, roughly measured. */
export class SessionMemory {
  private readonly entries: LRUCache<string, Entry>;

  /** @param bytes how much memory they may take together */
  constructor(bytes: number) {
    this.entries = new LRUCache({ maxSize: bytes, sizeCalculation: (entry) => entry.bytes });
  }

  /** The number of sessions. */
  get count(): number {
    return this.entries.size;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }

  get(sessionId: string): Session | undefined {
    return this.entries.get(sessionId)?.session;
  }

  /** As `get`, without counting as a use. */
  peek(sessionId: string): Session | undefined {
    return this.entries.peek(sessionId)?.session;
  }

  /** Caches a session; if it was cached before, only the changed sections are measured. */
  set(session: Session): void {
    const id = session.session_id;
    this.entries.set(id, measure(session, this.entries.peek(id)));
  }

  delete(sessionId: string): void {
    this.entries.delete(sessionId);
  }

  ids(): Iterable<string> {
    return this.entries.keys();
  }
}

function measure(session: Session, before: Entry | undefined): Entry {
  const { state, known } = session;
  let characters = 0;
  const sizes = sections.map((section, index) => {
    const size = sizeOf(state[section], before?.session.state[section], before?.sizes[index] ?? 0);
    characters += size;
    return size;
  });
  const bytes = bytesPerSession + bytesPerCharacter * characters + bytesPerCommand * known.list.length;
  return { session, sizes, bytes };
}

/** The size of a section, computed from that of the one before. Most items of a list, such as the latest turns, stay the same. */
function sizeOf(section: unknown, before: unknown, sizeBefore: number): number {
  if (section === before) return sizeBefore;
  if (!isListOfObjects(section) || !isListOfObjects(before)) return jsonSize(section);
  const added = section.filter((item) => !before.includes(item));
  const removed = before.filter((item) => !section.includes(item));
  return sizeBefore + jsonSize(added) - jsonSize(removed);
}

function isListOfObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}
