import { elsewhere } from '#domain';
import { announcePartner, eraseRows, sessionsBefore } from '#read-models';
import { readPartner } from '#sessions';
import type { PartnerMove } from '../directory.ts';
import { staysLast } from './arrivals.ts';
import type { CellServices } from './services.ts';

const farFuture = 'infinity';

/**
 * Deletes the data that a cell derived for a partner who has left, and its copy of the key. The events stay, but nobody can open
 * them. A delayed mover destroys nothing of a partner who has come back or is arriving, however late each step runs: the rows are
 * deleted in a transaction that excludes later moves, and only the key that existed before it is destroyed. Missing contexts are
 * folded again.
 */
export async function clean(cell: CellServices, move: PartnerMove): Promise<void> {
  const { partner_id } = move;
  // If the key was wrapped anew meanwhile, a rotation of master keys or a later move did it.
  for (let isDone = false; !isDone;) {
    const key = await cell.keys?.store.current(partner_id);
    if (!(await hasLeft(cell, move)) || !(await eraseDerived(cell, move))) return;
    isDone = key === undefined || (await cell.keys?.store.destroyAsIs(key)) !== false;
  }
  announcePartner(cell.redis, partner_id);
}

async function hasLeft({ store }: CellServices, { partner_id, move_id }: PartnerMove): Promise<boolean> {
  const { state, revision } = await readPartner(store, partner_id);
  if (revision < 0) return true;
  const { leaving, moved_by } = state.home ?? {};
  return elsewhere(state.home, store.cell) !== undefined && (leaving?.move_id ?? moved_by) === move_id;
}

/** @returns false when a later move has come */
async function eraseDerived({ pool, contexts }: CellServices, move: PartnerMove): Promise<boolean> {
  const { partner_id } = move;
  const session_ids = await sessionsBefore(pool, partner_id, farFuture);
  const erased = { partner_id, before: farFuture, session_ids };
  if (!(await eraseRows(pool, erased, (client) => staysLast(client, move)))) return false;
  await contexts.delete(session_ids);
  return true;
}
