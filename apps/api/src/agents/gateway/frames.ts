import type { Json } from '#domain';

/** What an agent instance sends. */
export type ClientFrame =
  | {
      readonly type: 'hello';
      readonly instance: string;
      readonly pool: string;
      readonly capacity: number;
      /** Send the instance's own events too. */
      readonly echo: boolean;
      readonly resume: readonly Resume[];
      /**
       * Grows with each connection of the instance: a hello that a node reads late, after it hung, must not supersede the
       * connection that came after it.
       */
      readonly attempt: number;
    }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'attach'; readonly session_id: string; readonly after: number | null }
  | { readonly type: 'detach'; readonly session_id: string }
  | { readonly type: 'ack'; readonly session_id: string; readonly revision: number }
  | { readonly type: 'drain' };

/** A session that the instance held before its connection broke. */
export interface Resume {
  readonly session_id: string;
  readonly epoch: number;
  /** The last update that it has dealt with; null: where it was acknowledged. */
  readonly after: number | null;
}

/** Thrown for a frame that cannot be understood. */
export class InvalidFrameError extends Error {}

/** Bytes of a frame; more closes the connection. A hello that resumes 10,000 sessions fits. */
export const frameLimit = 1_048_576;
/** How many sessions an instance may hold. */
const capacityLimit = 10_000;

const namePattern = /^[\x21-\x7e]{1,128}$/;
const nameWords = '1 to 128 visible ASCII characters without spaces';
export const poolPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const poolWords = '1 to 64 letters, digits and . _ -, the first a letter or digit';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Members = { readonly [name: string]: Json | undefined };

/** A frame from its text. @throws InvalidFrameError that names the member at fault */
export function parseFrame(text: string): ClientFrame {
  const frame = parseObject(text);
  const type: unknown = frame['type'];
  switch (type) {
    case 'hello':
      return hello(frame);
    case 'heartbeat':
    case 'drain':
      return { type };
    case 'attach':
      return { type: 'attach', session_id: sessionId(frame), after: after(frame) };
    case 'detach':
      return { type: 'detach', session_id: sessionId(frame) };
    case 'ack':
      return { type: 'ack', session_id: sessionId(frame), revision: revision(frame, 'revision') };
    default:
      throw new InvalidFrameError('type must be hello, heartbeat, attach, detach, ack or drain');
  }
}

/** @throws InvalidFrameError that names all members at fault */
function hello(frame: Members): ClientFrame {
  const faults: string[] = [];
  const instance = attempted(faults, () => matching(frame, 'instance', namePattern, nameWords));
  const pool = attempted(faults, () => matching(frame, 'pool', poolPattern, poolWords));
  const capacity = attempted(faults, () => whole(frame, 'capacity', 1, capacityLimit));
  const resume = attempted(faults, () => resumes(frame['resume']));
  const attempt = attempted(faults, () =>
    frame['attempt'] === undefined ? Date.now() : whole(frame, 'attempt', 0, Number.MAX_SAFE_INTEGER),
  );
  if (
    instance === undefined ||
    pool === undefined ||
    capacity === undefined ||
    resume === undefined ||
    attempt === undefined
  )
    throw new InvalidFrameError(faults.join('; '));
  return { type: 'hello', instance, pool, capacity, echo: frame['echo'] === true, resume, attempt };
}

/** A member, or undefined and its fault in the list. */
function attempted<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidFrameError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}

function parseObject(text: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidFrameError('a frame must be JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidFrameError('a frame must be a JSON object');
  return value as Members;
}

function resumes(value: Json | undefined): Resume[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > capacityLimit)
    throw new InvalidFrameError(`resume must be a list of at most ${capacityLimit} sessions`);
  return value.map((item: Json) => {
    const members = (typeof item === 'object' && item !== null ? item : {}) as Members;
    return {
      session_id: sessionId(members),
      epoch: whole(members, 'epoch', 1, Number.MAX_SAFE_INTEGER),
      after: after(members),
    };
  });
}

function sessionId(frame: Members): string {
  const value = frame['session_id'];
  const id = typeof value === 'string' ? value.toLowerCase() : '';
  if (!uuid.test(id)) throw new InvalidFrameError('session_id must be a UUID');
  return id;
}

function after(frame: Members): number | null {
  return frame['after'] === undefined || frame['after'] === null
    ? null
    : whole(frame, 'after', -1, Number.MAX_SAFE_INTEGER);
}

function revision(frame: Members, name: string): number {
  return whole(frame, name, 0, Number.MAX_SAFE_INTEGER);
}

function matching(frame: Members, name: string, pattern: RegExp, words: string): string {
  const value = frame[name];
  if (typeof value !== 'string' || !pattern.test(value))
    throw new InvalidFrameError(`${name} must be ${words}`);
  return value;
}

function whole(frame: Members, name: string, min: number, max: number): number {
  const value = frame[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new InvalidFrameError(`${name} must be a whole number from ${min} to ${max}`);
  return value;
}
