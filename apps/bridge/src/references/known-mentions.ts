import { LRUCache } from 'lru-cache';
import type { IndexBatch, Mention } from './changes.ts';

/** Maximum number of remembered mentions of a partition; recently used sessions stay. */
const capacity = 20_000;
/** Maximum number per session; the latest stay. */
const ofSession = 100;

/** The known contents of the index, since a conversation mentions the same references repeatedly. */
export class KnownMentions {
  private readonly sessions = new LRUCache<string, ReadonlySet<string>>({
    maxSize: capacity,
    sizeCalculation: (mentions) => mentions.size,
  });

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

function nameOf({ kind, reference }: Mention): string {
  return `${kind} ${reference}`;
}
