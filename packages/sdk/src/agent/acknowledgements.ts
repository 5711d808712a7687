import type { Deferred } from '../client/deferred.ts';
import { deferred } from '../client/deferred.ts';
import type { Frame } from './frame.ts';

/** A skipped update. */
interface Skip {
  readonly revision: number;
  readonly reason: string;
  /** Whether its acknowledgement was sent over the current connection. */
  isSent: boolean;
}

/** The acknowledgements of a session that are not recorded yet. */
interface Unrecorded {
  /** The last one. */
  revision: number;
  /** Those of skipped updates, oldest first. */
  skips: Skip[];
}

/**
 * The acknowledgements that are not recorded yet. A lost connection loses them: the next one claims what was handled, up to the
 * first skipped update, and the API sends the updates after that again, so that each is acknowledged with its reason.
 */
export class Acknowledgements {
  private readonly unrecorded = new Map<string, Unrecorded>();
  /** Sessions that the connection has claimed, but not resumed yet: what is sent for them would be lost. */
  private readonly claimed = new Set<string>();
  private waiter: Deferred<void> | undefined;

  constructor(private readonly send: (frame: Frame) => void) {}

  /** An update, and those before it, is handled, perhaps for long; or skipped, with a reason. */
  acknowledge(sessionId: string, revision: number, skipped?: string): void {
    const session = this.unrecorded.get(sessionId) ?? { revision, skips: [] };
    this.unrecorded.set(sessionId, session);
    session.revision = Math.max(session.revision, revision);
    if (skipped !== undefined) session.skips.push({ revision, reason: skipped, isSent: false });
    // It would acknowledge a skipped update as handled. Both are sent again.
    const isEarly = session.skips.some((skip) => skip.revision < revision && !skip.isSent);
    if (isEarly || this.claimed.has(sessionId)) return;
    const skip = session.skips.find((item) => item.revision === revision);
    if (skip !== undefined) skip.isSent = true;
    const reason = skip === undefined ? {} : { skipped: { reason: skip.reason } };
    this.send({ type: 'ack', session_id: sessionId, revision, ...reason });
  }

  /**
   * A new connection claims a session whose updates are handled up to a revision.
   * @returns the revision to claim: the API sends the updates after it again
   */
  claim(sessionId: string, handled: number): number {
    const { skips } = this.unrecorded.get(sessionId) ?? { skips: [] };
    for (const skip of skips) skip.isSent = false;
    this.claimed.add(sessionId);
    return Math.min(handled, (skips[0]?.revision ?? Infinity) - 1);
  }

  /** The API delivers the updates of a session from now on; the acknowledgements up to a revision are recorded. */
  resumed(sessionId: string, acknowledged: number): void {
    this.claimed.delete(sessionId);
    this.confirm(sessionId, acknowledged);
  }

  /** The API has recorded the acknowledgements up to a revision. */
  confirm(sessionId: string, upTo: number): void {
    const session = this.unrecorded.get(sessionId);
    if (session === undefined) return;
    session.skips = session.skips.filter(({ revision }) => revision > upTo);
    if (session.revision <= upTo) this.settle(sessionId);
  }

  /** The instance no longer owns the session. */
  forget(sessionId: string): void {
    this.claimed.delete(sessionId);
    this.settle(sessionId);
  }

  /** Resolves when all are recorded. */
  async whenRecorded(): Promise<void> {
    if (this.unrecorded.size === 0) return;
    this.waiter ??= deferred<void>();
    await this.waiter.promise;
  }

  private settle(sessionId: string): void {
    this.unrecorded.delete(sessionId);
    if (this.unrecorded.size === 0) this.waiter?.resolve();
  }
}
