import type { Json, JsonObject, RecordedEvent, Session, SessionState } from '#domain';
import { changedFields, contextOf, evolve, isSameJson, newSession } from '#domain';
import { foldEvent } from '#sessions';
import type { OtherEvolve } from './other-code.ts';
import type { Show } from './shown.ts';
import { masked, valueAt } from './shown.ts';

/** A field of the context that other code folds differently, at the first event where it does. */
export interface Difference {
  /** A JSON Pointer, such as `/goal_state/step`. A list is one field. */
  readonly field: string;
  readonly revision: number;
  readonly event_id: string;
  readonly type: string;
  /** Its value by the current code; absent: there is none. */
  readonly before?: Json;
  /** Its value by the other code; absent: there is none. */
  readonly after?: Json;
}

/** Thrown when the other code throws: its cause. */
export class OtherCodeError extends Error {
  override readonly name = 'OtherCodeError';
}

/** Maximum number of reported fields per session. */
const mostFields = 100;

/** Folds the events of a session with the current code and with other code, and compares after each. */
export class Comparison {
  private readonly found = new Map<string, Difference>();
  private ours: Session;
  private theirs: SessionState;

  constructor(
    sessionId: string,
    private readonly other: OtherEvolve,
    private readonly show: Show = masked,
  ) {
    this.ours = newSession(sessionId);
    this.theirs = this.ours.state;
    // Every session begins with it.
    freeze(this.theirs);
  }

  /** The fields that differ or have differed, each at its first event. */
  get differences(): Difference[] {
    return [...this.found.values()];
  }

  /**
   * Adds the next event of the session. @throws OtherCodeError; UnprojectableEventError when the current code cannot
   * fold it
   */
  add(event: RecordedEvent): void {
    this.ours = foldEvent(this.ours, event);
    freeze(this.ours.state);
    try {
      const theirs = this.other(this.theirs, event, evolve);
      // While both are equal they share the parts that the next event does not change, so that little is compared.
      const isSame = isSameState(this.ours.state, theirs);
      this.theirs = isSame ? this.ours.state : theirs;
      if (!isSame) this.note(event);
    } catch (cause) {
      throw new OtherCodeError('The other code failed.', { cause });
    }
  }

  private note({ revision, event_id, type }: RecordedEvent): void {
    const [before, after] = [contextOf(this.ours), contextOf({ ...this.ours, state: this.theirs })];
    const isNew = ({ path }: { path: string }): boolean => !this.found.has(path);
    const fresh = changedFields(before, after)
      .filter(isNew)
      .slice(0, mostFields - this.found.size);
    if (fresh.length === 0) return;
    const [shownBefore, shownAfter] = [this.show(before), this.show(after)];
    for (const { path: field } of fresh) {
      const [was, is] = [valueAt(shownBefore, field), valueAt(shownAfter, field)];
      const values = { ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) };
      this.found.set(field, { field, revision, event_id, type, ...values });
    }
  }
}

function isSameState(one: SessionState, other: SessionState): boolean {
  const [a, b] = [one, other] as unknown as [JsonObject, JsonObject];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name] || isSameJson(a[name], b[name]));
}

/** Other code that mutates a state would change ours. A frozen value is frozen in depth. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
}
