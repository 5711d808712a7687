import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { RecordExternalUpdate } from './commands.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { namesAnother } from './foreign.ts';

export type TrackingRejection = 'foreign_partner';

/** An external update is recorded, unless it names another partner than the session's. */
export function decideTracking(
  command: RecordExternalUpdate,
  partnerId: string,
): Decision<ExternalUpdateRecorded, TrackingRejection> {
  if (namesAnother(command, partnerId)) return reject('foreign_partner', 'The update names another partner.');
  const { type: _type, ...data } = command;
  return accept({ type: 'ExternalUpdateRecorded', data });
}
