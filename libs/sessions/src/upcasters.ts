/** The data of a stored event. */
export type EventFields = Readonly<Record<string, unknown>>;

/** Turns an event's data of one version into data of the next. Pure; it must accept everything that version could contain. */
type Upcaster = (data: EventFields) => EventFields;

/**
 * The steps between the versions of an event type: the step from version n to n + 1 stands at index n - 1. A type's
 * current version is therefore one more than the number of its steps.
 */
export type Upcasters = { readonly [type: string]: readonly Upcaster[] };

/** The event types whose data changed shape. Any other type is at version 1. */
export const upcasters: Upcasters = {
  PartnerRemembered: [listLastSession],
};

/** The current version of a type: the one this code writes, and the newest that it reads. */
export function currentVersion(steps: Upcasters, type: string): number {
  return 1 + stepsOf(steps, type).length;
}

/** Upcasts data from the version it was written in to the current one. */
export function upcast(steps: Upcasters, type: string, version: number, data: EventFields): EventFields {
  return stepsOf(steps, type)
    .slice(version - 1)
    .reduce((older, step) => step(older), data);
}

/** Version 1 was the memory of the last session, which may continue. */
function listLastSession(data: EventFields): EventFields {
  const { partner_id, session_id, start_time, language, preferences, open_goals } = data;
  const goals = open_goals as readonly EventFields[];
  const changes = { language: null, preferences: {}, open_goals: [], finished_goals: [] };
  const listed = { session_id, previous_session_id: null, completable: false, over: false, changes };
  return {
    partner_id,
    last_session_id: session_id,
    memory: { language, preferences, open_goals: goals.map((goal) => ({ ...goal, worked_at: start_time })) },
    sessions: [listed],
  };
}

function stepsOf(steps: Upcasters, type: string): readonly Upcaster[] {
  return Object.hasOwn(steps, type) ? (steps[type] ?? []) : [];
}
