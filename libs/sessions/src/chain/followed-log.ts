import { LRUCache } from 'lru-cache';
import type { ExactEvent } from '../client/exact-read.ts';
import { deletionOf } from '../deletion.ts';
import { sessionOf, sessionStream } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { chainIn, expectedChain, isDamagedChain, linkAfter, seedOf } from './link.ts';

/** The result of one event of the log. */
interface Taken {
  /** The stream of a session that has to be read separately. */
  readonly doubt?: string;
  readonly sessions: number;
  readonly events: number;
  readonly unchained: number;
}

/** The last event of a stream so far. */
interface End {
  readonly revision: number;
  readonly link: string;
}

/** Sessions whose last event is kept, about 200 bytes each. A session evicted before its next event is read separately. */
const sessionsKept = 200_000;
const nothing: Taken = { sessions: 0, events: 0, unchained: 0 };

/** Follows the log and compares each event of a session with its predecessor. Reports sessions that do not match, not why. */
export class FollowedLog {
  private readonly ends = new LRUCache<string, End>({ max: sessionsKept });

  constructor(private readonly mayBeUnchained: (position: bigint) => boolean) {}

  take(event: ExactEvent): Taken {
    const deletion = deletionOf(event);
    if (deletion !== undefined) return { ...nothing, doubt: sessionStream(deletion.session_id) };
    const { streamId: stream } = event;
    if (sessionOf(stream) === undefined) return nothing;
    const revision = Number(event.revision);
    const counted = { sessions: revision === 0 ? 1 : 0, events: 1 };
    const isChained = chainIn(event.bytes.metadata) !== undefined;
    const isRight = isChained ? this.follows(event) : this.isOld(event);
    this.ends.set(stream, { revision, link: linkAfter(stream, bytesOf(event)) });
    return {
      ...counted,
      unchained: isChained ? 0 : 1,
      ...(isRight && event.isJson ? {} : { doubt: stream }),
    };
  }

  private follows(event: ExactEvent): boolean {
    const link = this.linkBefore(event);
    const bytes = bytesOf(event);
    return link !== undefined && expectedChain(link, bytes) === chainIn(bytes.metadata);
  }

  private isOld(event: ExactEvent): boolean {
    const isAllowed = this.mayBeUnchained(event.position?.commit ?? 0n);
    return isAllowed && !isDamagedChain(event.bytes.metadata) && this.linkBefore(event) !== undefined;
  }

  private linkBefore({ streamId, revision }: ExactEvent): string | undefined {
    if (revision === 0n) return seedOf(streamId);
    const end = this.ends.get(streamId);
    return end?.revision === Number(revision) - 1 ? end.link : undefined;
  }
}
