import { newPartner } from '#domain';
import type { NewEvent } from '#sessions';
import { appendToPartner, partnerStream, readPartner } from '#sessions';
import type { PartnerMove } from '../directory.ts';
import { copyOf } from './copy-stream.ts';
import { NotMovableError } from './errors.ts';
import type { CellServices } from './services.ts';

const actor = { role: 'system', id: 'cells' } as const;

/**
 * Lets the partner begin nothing in the cell that it goes to, before it may begin nothing where it is. A cell that it was in
 * before knows already that it is elsewhere.
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

/** Appends what is kept of the partner's stream: its last event holds the whole state, and that it is on its way. */
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
