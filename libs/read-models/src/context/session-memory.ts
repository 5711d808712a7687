import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import { jsonSize } from '#platform';
import { sections } from './document.ts';

/** About how many bytes a character of JSON takes in memory: texts of two bytes a character, and what objects add. */
const bytesPerCharacter = 3;
/** Of a session without content, and of a command that it knows. */
const bytesPerSession = 500;
const bytesPerCommand = 400;

/** A session with the sizes of its sections, from which that of the next state follows. */
interface Entry {
  readonly session: Session;
  readonly sizes: readonly number[];
  readonly bytes: number;
}

/** The sessions that a process keeps, those used last; bounded by the memory that they take, measured roughly. */
export class SessionMemory {
  private readonly entries: LRUCache<string, Entry>;

  /** @param bytes how much they may take together */
  constructor(bytes: number) {
    this.entries = new LRUCache({ maxSize: bytes, sizeCalculation: (entry) => entry.bytes });
  }

  /** How many there are. */
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

  /** Keeps a session; of one that was kept before, only the sections that changed are measured. */
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

/** The size of a section, from that of the one before. Of a list, as of the latest turns, most items are the same. */
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
