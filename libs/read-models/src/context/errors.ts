import type { SetAside } from '../tables/set-aside.ts';

/** What the context's hash and a session's list item say of a session that is set aside. */
export type SetAsideNote = Pick<SetAside, 'revision' | 'event_id' | 'type' | 'reason' | 'since'>;

/** Thrown when a session has an event that cannot be projected: there is no context that one may rely on. */
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
