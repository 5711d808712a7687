import { LRUCache } from 'lru-cache';
import type { IndexBatch, Mention } from './changes.ts';

/** Maximum number of remembered mentions per session; the latest stay. */
const ofSession = 100;
/** What a session and a mention take beside their text, in bytes (measured). */
const bytesOfSession = 750;
const bytesOfMention = 40;

/**
 * The known contents of the index, since a conversation mentions the same references repeatedly. Recently used
 * sessions stay.
 */
export class KnownMentions {
  private readonly sessions: LRUCache<string, ReadonlySet<string>>;

  /** @param maxBytes approximate memory, in bytes */
  constructor(maxBytes: number) {
    this.sessions = new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf });
  }

  /** Approximate memory of what is remembered. */
  get bytes(): number {
    return this.sessions.calculatedSize;
  }

  /** The part of a batch that changes the index. */
  withoutKnown(batch: IndexBatch): IndexBatch {
    const changed = new Set([...batch.over, ...batch.starts.map(({ session_id }) => session_id)]);
    const isNew = (mention: Mention): boolean =>
      changed.has(mention.session_id) || !this.sessions.get(mention.session_id)?.has(nameOf(mention));
    return { ...batch, mentions: batch.mentions.filter(isNew) };
  }

  /** The batch is in the index. */
  add({ over, starts, mentions }: IndexBatch): void {
    for (const session of over) this.sessions.delete(session);
    for (const { session_id } of starts) this.sessions.delete(session_id);
    for (const [session, some] of Map.groupBy(mentions, ({ session_id }) => session_id))
      this.sessions.set(
        session,
        new Set([...(this.sessions.get(session) ?? []), ...some.map(nameOf)].slice(-ofSession)),
      );
  }
}

function sizeOf(mentions: ReadonlySet<string>): number {
  return [...mentions].reduce((sum, { length }) => sum + length + bytesOfMention, bytesOfSession);
}

function nameOf({ kind, reference }: Mention): string {
  return `${kind} ${reference}`;
}
