import type { Home } from '#domain';
import { newPartner } from '#domain';
import type { NewEvent } from '#sessions';
import { appendToPartner, partnerStream, readPartner } from '#sessions';
import type { PartnerMove } from '../directory.ts';
import { copyOf } from './copy-stream.ts';
import { NotMovableError } from './errors.ts';
import type { CellServices } from './services.ts';

const actor = { role: 'system', id: 'cells' } as const;

/**
 * Blocks the partner in the target cell before it is blocked in its own. A cell where the partner has been before already
 * knows that the partner is elsewhere.
 */
export async function expectPartner(cell: CellServices, move: PartnerMove): Promise<void> {
  const { partner_id, move_id, from, to } = move;
  const partner = await readPartner(cell.store, partner_id);
  if (partner.revision >= 0) {
    const { home } = partner.state;
    if (home?.leaving === undefined && (home?.cell ?? cell.store.cell?.first) === cell.name)
      throw new NotMovableError(`The partner is in cell ${to}, too.`);
    return;
  }
  const data = { partner_id, ...newPartner, home: { cell: from, leaving: { move_id, to } } };
  await appendToPartner(cell.store, partner, [{ type: 'PartnerMoved', data }], {
    actor,
    $correlationId: move_id,
  });
}

/**
 * Appends the kept events of the partner's stream: the last one holds the whole state, including the move. Nothing is appended once
 * the move has ended in the target cell: its stream may have lost events of the move by then, and its last one is newer.
 */
export async function copyPartner(
  { partner_id, move_id }: PartnerMove,
  from: CellServices,
  to: CellServices,
): Promise<void> {
  const stream = partnerStream(partner_id);
  const kept = await Array.fromAsync(from.store.readExact(stream));
  for (;;) {
    const { state, revision } = await readPartner(to.store, partner_id);
    if (hasEnded(move_id, state.home)) return;
    const ids = new Set((await Array.fromAsync(to.store.readExact(stream))).map(({ id }) => id));
    const missing: NewEvent[] = kept.filter(({ id }) => !ids.has(id)).map(copyOf);
    if (missing.length === 0) return;
    if ((await to.store.append(stream, missing, revision)).appended) return;
  }
}

/** Whether the partner has arrived or was returned by the move, or has left by a later one. */
function hasEnded(moveId: string, home: Home | undefined): boolean {
  if (home?.leaving !== undefined) return home.leaving.move_id > moveId;
  return home?.moved_by !== undefined && home.moved_by >= moveId;
}
