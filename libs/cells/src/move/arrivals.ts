import type { Pool, PoolClient } from 'pg';
import type { PartnerMove } from '../directory.ts';
import { NotMovableError } from './errors.ts';

type Named = Pick<PartnerMove, 'partner_id' | 'move_id'>;

/** How long a clean-up may delay the partner's return before its transaction is ended (ms). */
const idleMs = 10_000;

/** Records in the database of a cell that a partner arrives there. @throws NotMovableError when a later move has arrived */
export async function noteArrival(pool: Pool, move: Named): Promise<void> {
  if (!(await isLast(pool, move))) throw new NotMovableError('A later move has begun.');
}

/**
 * Whether no later move has arrived in the cell. None can arrive before the transaction ends. Moves are ordered by their ids.
 * To be called in the transaction that deletes.
 */
export async function staysLast(client: PoolClient, move: Named): Promise<boolean> {
  await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`);
  return isLast(client, move);
}

async function isLast(client: Pool | PoolClient, { partner_id, move_id }: Named): Promise<boolean> {
  const { rows } = await client.query<{ last: string }>(
    `INSERT INTO cell_arrival AS a (partner_id, move_id) VALUES ($1, $2)
     ON CONFLICT (partner_id) DO UPDATE SET move_id = greatest(a.move_id, excluded.move_id) RETURNING move_id AS last`,
    [partner_id, move_id],
  );
  return rows[0]?.last === move_id;
}
