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
    const isSame = before?.session.state[section] === state[section];
    const size = (isSame ? before?.sizes[index] : undefined) ?? sizeOf(state[section]);
    characters += size;
    return size;
  });
  const bytes = bytesPerSession + bytesPerCharacter * characters + bytesPerCommand * known.list.length;
  return { session, sizes, bytes };
}

/** Sizes of turns and the like, which stay the same from state to state: a command adds one. */
const itemSizes = new WeakMap<object, number>();

function sizeOf(section: unknown): number {
  if (!Array.isArray(section)) return jsonSize(section);
  let size = 2;
  for (const item of section) {
    if (typeof item !== 'object' || item === null) {
      size += jsonSize(item);
      continue;
    }
    let known = itemSizes.get(item as object);
    if (known === undefined) itemSizes.set(item as object, (known = jsonSize(item)));
    size += known;
  }
  return size;
}
