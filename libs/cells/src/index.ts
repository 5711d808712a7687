export { CellDirectory } from './directory.ts';
export type { PartnerMove } from './directory.ts';
export { abortMove, movePartner } from './move/move.ts';
export type { MoveStep } from './move/move.ts';
export { NotMovableError } from './move/errors.ts';
export type { CellServices } from './move/services.ts';
export { slotIn, slotOf, slots, withSlot } from './slots.ts';
export { CellTable } from './table.ts';
