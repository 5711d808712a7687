import { deferred } from '../client/deferred.ts';
import { timerMs } from '../client/timer.ts';
import { noAnswer } from './errors.ts';
import type { Frame } from './frame.ts';

/** The pause before a failed detach is sent again. */
const resendDelayMs = 500;

/** The requested detaches that are not confirmed yet. */
export class DetachRequests {
  private readonly pending = new Set<string>();

  constructor(
    private readonly send: (frame: Frame) => void,
    private readonly timeoutMs: number,
  ) {}

  /** Gives a session back; the request is repeated over each new connection until `ended`. @throws Unavailable */
  async request(sessionId: string, ended: Promise<unknown>): Promise<void> {
    this.pending.add(sessionId);
    this.sendFrame(sessionId);
    const late = deferred<never>();
    const detail = `The detach had no answer for ${this.timeoutMs} ms; it is sent again.`;
    const timeout = setTimeout(() => late.reject(noAnswer(detail)), timerMs(this.timeoutMs));
    try {
      await Promise.race([ended, late.promise]);
    } finally {
      clearTimeout(timeout);
    }
  }

  /** Sends all of them again over a new connection. */
  resend(): void {
    for (const sessionId of this.pending) this.sendFrame(sessionId);
  }

  /** The instance no longer owns the session. */
  settle(sessionId: string): void {
    this.pending.delete(sessionId);
  }

  /** Schedules a detach that the API answered with an error to be sent again; false when there was none. */
  fail(sessionId: string): boolean {
    if (!this.pending.has(sessionId)) return false;
    setTimeout(() => {
      if (this.pending.has(sessionId)) this.sendFrame(sessionId);
    }, resendDelayMs);
    return true;
  }

  private sendFrame(sessionId: string): void {
    this.send({ type: 'detach', session_id: sessionId });
  }
}
