import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { visiblePattern } from '#privacy';
import type { Act } from '../../access/rules.ts';

/** Registers the instance; the first frame of a connection. */
export interface Hello {
  readonly type: 'hello';
  readonly instance: string;
  readonly pool: string;
  readonly capacity: number;
  /** Whether the instance is sent its own events too. */
  readonly echo: boolean;
  /** Whether the instance hands over its sessions and takes no new ones. */
  readonly draining: boolean;
  readonly resume: readonly Resume[];
  /**
   * Grows with each connection of the instance: a hello that a node reads late, after it hung, must not supersede a
   * later connection.
   */
  readonly attempt: number;
}

/** A session that the instance owned before its connection broke. */
export interface Resume {
  readonly session_id: string;
  readonly epoch: number;
  /** The last update that it has handled; null: the last acknowledged one. */
  readonly after: number | null;
}

interface Attach {
  readonly type: 'attach';
  readonly session_id: string;
  readonly after: number | null;
}

interface Detach {
  readonly type: 'detach';
  readonly session_id: string;
}

export interface Ack {
  readonly type: 'ack';
  readonly session_id: string;
  readonly revision: number;
  /** Code of the reason why the instance skips the update of that revision; earlier updates are handled. */
  readonly skipped: string | undefined;
}

/** A frame that is processed after earlier ones. */
export type QueuedFrame = Hello | Attach | Detach | { readonly type: 'drain' };

/** The frames that an agent instance sends. */
export type ClientFrame = QueuedFrame | Ack | { readonly type: 'heartbeat' };

/** The rule of each frame. The token has to allow it for the connection; access to a session is checked separately. */
export const frameRules: Readonly<Record<ClientFrame['type'], Act>> = {
  hello: 'connect',
  heartbeat: 'connect',
  attach: 'connect',
  detach: 'connect',
  ack: 'connect',
  drain: 'connect',
};

/** Thrown for a frame that cannot be understood; its message names every wrong member. */
export class InvalidFrameError extends Error {
  readonly code = 'bad_frame';
}

/** Maximum bytes of a frame; a larger one closes the connection. A hello that resumes 10,000 sessions fits. */
export const frameLimit = 1_048_576;
/** The maximum number of sessions of an instance. */
const capacityLimit = 10_000;
/** Below 2^53, so that an instance can always connect once more. */
const attemptLimit = 2 ** 52;
export const poolPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The `description` of a member is the requirement that errors quote. */
const whole = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) => ({
  type: 'integer',
  minimum,
  maximum,
  description: `a whole number from ${minimum} to ${maximum}`,
});
const session_id = {
  type: 'string',
  pattern: '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$',
  description: 'a UUID',
};
const after = { ...whole(-1), type: ['integer', 'null'] };

/** The members as the schemas accept them: some may be missing. */
interface SessionMembers {
  readonly session_id: string;
  readonly after?: number | null;
}
interface AckMembers {
  readonly session_id: string;
  readonly revision: number;
  readonly skipped?: { readonly reason: string } | null;
}
interface HelloMembers {
  readonly instance: string;
  readonly pool: string;
  readonly capacity: number;
  readonly echo?: unknown;
  readonly draining?: unknown;
  readonly resume?: readonly unknown[] | null;
  readonly attempt?: number;
}

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, validateSchema: false });
const compile = <T>(required: readonly string[], properties: object): ValidateFunction<T> =>
  ajv.compile<T>({ type: 'object', required, properties });

const isAttach = compile<SessionMembers>(['session_id'], { session_id, after });
const isDetach = compile<SessionMembers>(['session_id'], { session_id });
const isAck = compile<AckMembers>(['session_id', 'revision'], {
  session_id,
  revision: whole(0),
  skipped: {
    type: ['object', 'null'],
    required: ['reason'],
    description: 'an object',
    properties: {
      reason: {
        type: 'string',
        pattern: '^[a-z0-9_]{1,64}$',
        description: '1 to 64 small letters, digits and _',
      },
    },
  },
});
const isResume = compile<SessionMembers & Pick<Resume, 'epoch'>>(['session_id', 'epoch'], {
  session_id,
  epoch: whole(1),
  after,
});
/** The members of a hello without the sessions in `resume`, which are checked one by one up to the first fault. */
const isHello = compile<HelloMembers>(['instance', 'pool', 'capacity'], {
  instance: {
    type: 'string',
    pattern: visiblePattern.source,
    description: '1 to 128 visible ASCII characters without spaces',
  },
  pool: {
    type: 'string',
    pattern: poolPattern.source,
    description: '1 to 64 letters, digits and . _ -, the first a letter or digit',
  },
  capacity: whole(1, capacityLimit),
  resume: {
    type: ['array', 'null'],
    maxItems: capacityLimit,
    description: `a list of at most ${capacityLimit} sessions`,
  },
  attempt: whole(0, attemptLimit),
});

/** Parses a frame; unknown members are left out. @throws InvalidFrameError */
export function parseFrame(text: string): ClientFrame {
  const frame = parseObject(text);
  const { type } = frame;
  switch (type) {
    case 'heartbeat':
    case 'drain':
      return { type };
    case 'ack': {
      const { session_id: id, revision, skipped } = checked(isAck, frame);
      return { type, session_id: id.toLowerCase(), revision, skipped: skipped?.reason };
    }
    case 'attach': {
      const { session_id: id, after: from = null } = checked(isAttach, frame);
      return { type, session_id: id.toLowerCase(), after: from };
    }
    case 'detach':
      return { type, session_id: checked(isDetach, frame).session_id.toLowerCase() };
    case 'hello':
      return hello(frame);
    default:
      throw new InvalidFrameError('type must be hello, heartbeat, attach, detach, ack or drain');
  }
}

function hello(frame: object): Hello {
  const { attempt = Date.now(), ...members } = checked(isHello, frame);
  const { instance, pool, capacity, echo, draining, resume } = members;
  const sessions = (resume ?? []).map((item, index) => {
    const { session_id: id, epoch, after: from = null } = checked(isResume, item, `resume[${index}]`);
    return { session_id: id.toLowerCase(), epoch, after: from };
  });
  const flags = { echo: echo === true, draining: draining === true };
  return { type: 'hello', instance, pool, capacity, ...flags, resume: sessions, attempt };
}

function parseObject(text: string): { readonly type?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidFrameError('a frame must be JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidFrameError('a frame must be a JSON object');
  return value;
}

/** @param path the path of the value in the frame; empty: the frame itself */
function checked<T>(validate: ValidateFunction<T>, value: unknown, path = ''): T {
  if (validate(value)) return value;
  const faults = new Set((validate.errors ?? []).map((error) => describe(error, path)));
  throw new InvalidFrameError([...faults].join('; '));
}

/** For example "capacity must be a whole number from 1 to 10000". */
function describe(
  { instancePath, keyword, params, parentSchema, schema }: ErrorObject,
  path: string,
): string {
  const missing = keyword === 'required' ? String(params['missingProperty']) : undefined;
  const members = [...instancePath.split('/').slice(1), ...(missing === undefined ? [] : [missing])];
  if (members.length === 0) return `${path} must be an object`;
  const properties = parentSchema?.['properties'] as Record<string, { description?: string }> | undefined;
  const { description } = (missing === undefined ? parentSchema : properties?.[missing]) ?? {};
  const name = [...(path === '' ? [] : [path]), ...members].join('.');
  return `${name} must be ${String(description ?? schema)}`;
}
