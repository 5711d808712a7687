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

/** Appends the kept events of the partner's stream: the last one holds the whole state, including the move. */
export async function copyPartner(
  { partner_id }: PartnerMove,
  from: CellServices,
  to: CellServices,
): Promise<void> {
  const stream = partnerStream(partner_id);
  const kept = await Array.fromAsync(from.store.readExact(stream));
  for (;;) {
    const there = await Array.fromAsync(to.store.readExact(stream));
    const ids = new Set(there.map(({ id }) => id));
    const missing: NewEvent[] = kept.filter(({ id }) => !ids.has(id)).map(copyOf);
    if (missing.length === 0) return;
    const last = Number(there.at(-1)?.revision ?? -1);
    if ((await to.store.append(stream, missing, last)).appended) return;
  }
}
