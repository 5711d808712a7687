import { deferred } from '../client/deferred.ts';
import { timerMs } from '../client/timer.ts';
import { errorFrom, noAnswer } from './errors.ts';
import type { Frame } from './frame.ts';
import type { AgentStream } from './stream.ts';

interface Pending {
  readonly frame: Frame;
  readonly promise: Promise<AgentStream>;
  readonly resolve: (stream: AgentStream) => void;
  readonly reject: (error: Error) => void;
}

/** The pause before an attach that failed because a backing service was unavailable is sent again. */
const resendDelayMs = 500;
/** Attaches that wait for their answers at the same time; the others are sent after them. */
const pageSize = 200;

/** The attaches of an agent without an answer yet. */
export class AttachRequests {
  private readonly pending = new Map<string, Pending>();
  /** Those that were sent over the current connection. */
  private readonly sent = new Set<string>();

  constructor(
    private readonly send: (frame: Frame) => void,
    private readonly timeoutMs: number,
  ) {}

  /** Requests a session. Callers that request the same session share the answer. */
  request(sessionId: string, after: number | undefined): Promise<AgentStream> {
    const known = this.pending.get(sessionId);
    if (known) return known.promise;
    const frame = { type: 'attach', session_id: sessionId, ...(after === undefined ? {} : { after }) };
    const { promise, resolve, reject } = deferred<AgentStream>();
    const detail = `The attach had no answer for ${this.timeoutMs} ms.`;
    const timeout = setTimeout(() => this.reject(sessionId, noAnswer(detail)), timerMs(this.timeoutMs));
    this.pending.set(sessionId, {
      frame,
      promise,
      resolve: (stream) => {
        clearTimeout(timeout);
        resolve(stream);
      },
      reject: (error) => {
        clearTimeout(timeout);
        reject(error);
      },
    });
    this.sendNext();
    return promise;
  }

  /** Sends all of them again over a new connection. */
  resend(): void {
    this.sent.clear();
    this.sendNext();
  }

  /** Sends as many as the limit allows. */
  private sendNext(): void {
    for (const [sessionId, { frame }] of this.pending) {
      if (this.sent.size >= pageSize) return;
      if (this.sent.has(sessionId)) continue;
      this.sent.add(sessionId);
      this.send(frame);
    }
  }

  /** @returns whether there was a request for the session */
  resolve(sessionId: string, stream: AgentStream): boolean {
    const request = this.take(sessionId);
    request?.resolve(stream);
    return request !== undefined;
  }

  /** @returns whether there was a request for the session */
  reject(sessionId: string, error: Error): boolean {
    const request = this.take(sessionId);
    request?.reject(error);
    return request !== undefined;
  }

  rejectAll(error: Error): void {
    for (const sessionId of this.pending.keys()) this.reject(sessionId, error);
  }

  /**
   * Handles an error frame: rejects the request, or sends it again later if that may help.
   * @returns whether there was a request for the session
   */
  fail(frame: Frame): boolean {
    const sessionId = String(frame['session_id']);
    const request = this.pending.get(sessionId);
    if (!request) return false;
    if (frame['code'] !== 'engine_unavailable') return this.reject(sessionId, errorFrom(frame));
    setTimeout(() => {
      if (this.pending.get(sessionId) === request) this.send(request.frame);
    }, resendDelayMs);
    return true;
  }

  private take(sessionId: string): Pending | undefined {
    const request = this.pending.get(sessionId);
    this.pending.delete(sessionId);
    if (this.sent.delete(sessionId)) this.sendNext();
    return request;
  }
}
