import type { SetAside } from '../tables/set-aside.ts';

/** The note on a set-aside session, in the context's hash and the session's list item. */
export type SetAsideNote = Pick<SetAside, 'revision' | 'event_id' | 'type' | 'reason' | 'since'>;

/** Thrown when a session has an event that cannot be projected: it has no reliable context. */
export class SessionSetAsideError extends Error {
  readonly code = 'session_set_aside';

  constructor(
    readonly session_id: string,
    readonly set_aside: SetAsideNote,
  ) {
    super(
      `Session ${session_id} is set aside: event ${set_aside.revision} (${set_aside.type}) cannot be projected.`,
    );
  }
}

/** Thrown when Redis came back in an older state than was written: the partition restarts from the state of Redis. */
export class CheckpointRegressedError extends Error {
  constructor() {
    super('Redis came back in an older state.');
  }
}

export function noteOf({ revision, event_id, type, reason, since }: SetAside): SetAsideNote {
  return { revision, event_id, type, reason, since };
}
