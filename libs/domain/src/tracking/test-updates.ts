import type { JsonObject } from '../kernel/json.ts';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { RecordExternalUpdate } from './commands.ts';
import { decideTracking } from './decide.ts';
import type { ExternalUpdateRecorded, ResolvedUpdate } from './events.ts';
import { evolveTracking } from './evolve.ts';
import type { TrackingState } from './state.ts';
import { noTracking } from './state.ts';

/** For specs: the partner of the session. */
export const partner = 'P7689';
/** For specs: the tracked state after updates. */
export const { given } = scenariosOf<TrackingState, RecordExternalUpdate, ExternalUpdateRecorded>({
  initial: noTracking,
  decide: (command) => decideTracking(command, partner),
  evolve: (state, event) => evolveTracking(state, event, partner),
});

/** An update as older versions recorded it. */
export const update = (
  system: string,
  data: JsonObject,
  reference: string | null = null,
  kind = 'changed',
): ExternalUpdateRecorded => ({
  type: 'ExternalUpdateRecorded',
  data: { system, kind, reference, data, source_event_id: 'e1' },
});
let ids = 0;
/** An update that was resolved on arrival. */
export const resolved = (
  references: ResolvedUpdate['references'],
  status: string | null,
  occurred_at_source: string | null = null,
  more: Partial<ExternalUpdateRecorded['data']> = {},
): ExternalUpdateRecorded => ({
  type: 'ExternalUpdateRecorded',
  data: {
    system: 'warehouse',
    kind: 'moved',
    reference: null,
    data: {},
    source_event_id: `r${(ids += 1)}`,
    references,
    status,
    occurred_at_source,
    ...more,
  },
});
/** Two times before the first event, in order. */
export const early = timeOf(-20);
export const late = timeOf(-10);
