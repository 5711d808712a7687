import type { ExportMasks } from '#read-models';
import { turnRules } from '../history/shown.ts';
import { maskJson } from '../privacy/mask.ts';
import { maskEvent } from '../privacy/mask-event.ts';

/** Exported turns also have the message's id. */
const exportedTurn = { ...turnRules, message_id: 'masked' } as const;

/** The masking rules of exports. Unnamed columns are masked. */
export const exportMasks: ExportMasks = {
  turn: (row) => maskJson(row, exportedTurn) as typeof row,
  event: maskEvent,
};
