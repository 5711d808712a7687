import type { KeyCounts, StoredKey } from './key-store.ts';

/** The version of the tables of a key store. */
export const version = 1;

/** A row of `data_key`. */
export interface KeyRow {
  readonly key_id: string;
  readonly partner_id: string;
  readonly master_key_id: string | null;
  readonly ciphertext: Buffer | null;
  /** Text in a file, a time in PostgreSQL. */
  readonly created_at: string | Date;
  readonly destroyed_at: string | Date | null;
}

export function keyOf({ key_id, partner_id, master_key_id, ciphertext, ...row }: KeyRow): StoredKey {
  return {
    key_id,
    partner_id,
    wrapped:
      master_key_id === null || ciphertext === null
        ? null
        : { master_key_id, ciphertext: Buffer.from(ciphertext) },
    created_at: timeOf(row.created_at),
    destroyed_at: row.destroyed_at === null ? null : timeOf(row.destroyed_at),
  };
}

export function countsOf(
  rows: readonly { readonly master_key_id: string | null; readonly count: number }[],
): KeyCounts {
  const alive = rows.flatMap(({ master_key_id: id, count }) => (id === null ? [] : [[id, count] as const]));
  const destroyed = rows.find(({ master_key_id }) => master_key_id === null)?.count ?? 0;
  return { destroyed, wrapped_by: Object.fromEntries(alive) };
}

export function timeOf(time: string | Date): string {
  return typeof time === 'string' ? time : time.toISOString();
}
