import type { Deferred } from '../client/deferred.ts';
import { deferred } from '../client/deferred.ts';
import type { Frame } from './frame.ts';

/** The acknowledgements that were sent but are not recorded yet. */
export class Acknowledgements {
  private readonly sent = new Map<string, number>();
  private waiter: Deferred<void> | undefined;

  constructor(private readonly send: (frame: Frame) => void) {}

  /** An update, and those before it, is handled; or skipped, with a reason. */
  acknowledge(sessionId: string, revision: number, skipped?: string): void {
    this.sent.set(sessionId, revision);
    const reason = skipped === undefined ? {} : { skipped: { reason: skipped } };
    this.send({ type: 'ack', session_id: sessionId, revision, ...reason });
  }

  /** The API has recorded the acknowledgements up to a revision. */
  confirm(sessionId: string, upTo: number): void {
    if ((this.sent.get(sessionId) ?? Infinity) <= upTo) this.forget(sessionId);
  }

  /** The instance no longer owns the session. */
  forget(sessionId: string): void {
    this.sent.delete(sessionId);
    if (this.sent.size === 0) this.waiter?.resolve();
  }

  /** Resolves when all are recorded. */
  async whenRecorded(): Promise<void> {
    if (this.sent.size === 0) return;
    this.waiter ??= deferred<void>();
    await this.waiter.promise;
  }
}
