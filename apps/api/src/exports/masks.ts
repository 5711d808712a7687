import type { ExportMasks } from '#read-models';
import { turnRules } from '../history/shown.ts';
import { maskJson } from '../privacy/mask.ts';
import { maskEvent } from '../privacy/mask-event.ts';

/** Of a turn an export has the message's id as well. */
const exportedTurn = { ...turnRules, message_id: 'masked' } as const;

/** What masked exports show. A column that is not named is masked. */
export const exportMasks: ExportMasks = {
  turn: (row) => maskJson(row, exportedTurn) as typeof row,
  event: maskEvent,
};
