import type { Frame } from './agent-socket.ts';
import type { AgentStream } from './agent-stream.ts';
import { deferred } from './deferred.ts';
import { toError, Unavailable } from './errors.ts';
import type { Problem } from './types.ts';

interface Pending {
  readonly frame: Frame;
  readonly promise: Promise<AgentStream>;
  readonly resolve: (stream: AgentStream) => void;
  readonly reject: (error: Error) => void;
}

/** The pause before an attach that an engine's absence has stopped is sent again. */
const againMs = 500;
/** The status of an error frame by its code; of all others, 409. */
const statuses: Readonly<Record<string, number>> = {
  bad_frame: 400,
  validation_failed: 400,
  not_found: 404,
  internal_error: 500,
};

/** What an agent has asked for and what is not answered yet. */
export class Attaches {
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly send: (frame: Frame) => void,
    private readonly timeoutMs: number,
  ) {}

  /** Asks for a session; who asks for one that was asked for shares the answer. */
  ask(sessionId: string, after: number | undefined): Promise<AgentStream> {
    const known = this.pending.get(sessionId);
    if (known) return known.promise;
    const frame = { type: 'attach', session_id: sessionId, ...(after === undefined ? {} : { after }) };
    const { promise, resolve, reject } = deferred<AgentStream>();
    const detail = `The attach had no answer for ${this.timeoutMs} ms.`;
    const late = setTimeout(() => this.reject(sessionId, unavailable(detail)), this.timeoutMs);
    this.pending.set(sessionId, {
      frame,
      promise,
      resolve: (stream) => {
        clearTimeout(late);
        resolve(stream);
      },
      reject: (error) => {
        clearTimeout(late);
        reject(error);
      },
    });
    this.send(frame);
    return promise;
  }

  /** There is a new connection: asks again. */
  sendAgain(): void {
    for (const { frame } of this.pending.values()) this.send(frame);
  }

  /** @returns whether anybody has waited for it */
  resolve(sessionId: string, stream: AgentStream): boolean {
    const waiting = this.take(sessionId);
    waiting?.resolve(stream);
    return waiting !== undefined;
  }

  /** @returns whether anybody has waited for it */
  reject(sessionId: string, error: Error): boolean {
    const waiting = this.take(sessionId);
    waiting?.reject(error);
    return waiting !== undefined;
  }

  rejectAll(error: Error): void {
    for (const sessionId of this.pending.keys()) this.reject(sessionId, error);
  }

  /** The api refuses one, in the words of its HTTP answers; what may work later is asked again. False: none was asked. */
  refused(frame: Frame): boolean {
    const sessionId = String(frame['session_id']);
    const waiting = this.pending.get(sessionId);
    if (!waiting) return false;
    if (frame['code'] !== 'engine_unavailable') return this.reject(sessionId, errorOf(frame));
    setTimeout(() => {
      if (this.pending.get(sessionId) === waiting) this.send(waiting.frame);
    }, againMs);
    return true;
  }

  private take(sessionId: string): Pending | undefined {
    const waiting = this.pending.get(sessionId);
    this.pending.delete(sessionId);
    return waiting;
  }
}

/** The error for a frame with a code and, if there is one, a detail. */
export function errorOf(frame: Omit<Frame, 'type'>): Error {
  const code = String(frame['code']);
  const detail = typeof frame['detail'] === 'string' ? frame['detail'] : code;
  return toError({ ...frame, ...problemOf(code, statuses[code] ?? 409, detail) }, undefined);
}

/** The error when nothing has answered. */
export function unavailable(detail: string): Unavailable {
  return new Unavailable(problemOf('no_answer', 0, detail));
}

function problemOf(code: string, status: number, detail: string): Problem {
  return { type: `https://turnstream.dev/problems/${code}`, title: code, status, detail };
}
