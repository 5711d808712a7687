import { elsewhere } from '#domain';
import { announcePartner, eraseRows, sessionsBefore } from '#read-models';
import { readPartner } from '#sessions';
import type { PartnerMove } from '../directory.ts';
import { staysLast } from './arrivals.ts';
import type { CellServices } from './services.ts';

const farFuture = 'infinity';

/**
 * What the cell derived of a partner who has left goes, and its copy of the key: its events stay, which nobody can open. A mover
 * that was left behind destroys nothing of a partner who has come back since, or comes, however late it does each step: the
 * rows go in a transaction that no later move passes, and of the key only what was there before that. Contexts are folded again
 * when they are missing.
 */
export async function clean(cell: CellServices, move: PartnerMove): Promise<void> {
  const { partner_id } = move;
  // A key that was wrapped anew meanwhile was so by a process that rotates master keys, or by a later move.
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
