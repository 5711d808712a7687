import type { Accepted } from '../kernel/decision.ts';
import { accept } from '../kernel/decision.ts';
import type { RecordExternalUpdate } from './commands.ts';
import type { ExternalUpdateRecorded } from './events.ts';

/** An external update is always recorded. */
export function decideTracking(command: RecordExternalUpdate): Accepted<ExternalUpdateRecorded> {
  const { type: _type, ...data } = command;
  return accept({ type: 'ExternalUpdateRecorded', data });
}
