import type { Command } from '../kernel/command.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { ResolvedUpdate } from './events.ts';

export type RecordExternalUpdate = Command<
  'RecordExternalUpdate',
  {
    system: string;
    kind: string;
    reference: string | null;
    data: JsonObject;
    source_event_id: string;
  } & ResolvedUpdate
>;
