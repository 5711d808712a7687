import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Lease } from '#partitions';

/** Stores up to where a slot is published; false when another instance holds it by now. */
export async function saveSlot(pool: Pool, owner: string, lease: Lease, position: bigint): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'turnstream-bridge-slot',
    text: `UPDATE bridge_slot SET position = $4, updated_at = now() WHERE slot = $1 AND owner = $2 AND epoch = $3`,
    values: [lease.partition, owner, lease.epoch, position],
  });
  return rowCount === 1;
}

/** The position before which nothing is left to do, or undefined. */
export async function loadCheckpoint(pool: Pool, name: string): Promise<bigint | undefined> {
  const { rows } = await pool.query<{ position: string }>(
    'SELECT position FROM bridge_checkpoint WHERE name = $1',
    [name],
  );
  return rows[0] && BigInt(rows[0].position);
}

/** Moves a checkpoint forward, never back: what one instance knows to be done is done. */
export async function saveCheckpoint(pool: Pool, name: string, position: bigint): Promise<void> {
  await pool.query(
    `INSERT INTO bridge_checkpoint (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE
     SET position = greatest(bridge_checkpoint.position, excluded.position), updated_at = now()`,
    [name, position],
  );
}

/** Saves a position every second, when it has changed, until the signal. What cannot be saved is saved later. */
export async function saveRegularly(
  position: () => bigint | undefined,
  save: (position: bigint) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let saved: bigint | undefined;
  while (!signal.aborted) {
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
    const reached = position();
    if (reached === undefined || reached === saved) continue;
    const done = await save(reached).then(
      () => true,
      () => false,
    );
    if (done) saved = reached;
  }
}
