import type { Pool } from 'pg';
import type { DataKeys, Place } from '#privacy';
import { erased, keyIdOf, open } from '#privacy';
import { aboutThingsOf, concernsPartner } from '../erasure/concerned-updates.ts';

/** An update kept by a bridge, as it is stored. */
interface StoredUpdate {
  readonly id: string;
  readonly identity: string;
  readonly content: string;
}

/** The sealing place of a kept update's content. */
export function keptUpdatePlace(identity: string): Place {
  return { of: 'kept_update', record: identity, field: 'content' };
}

/** The content of a kept update; undefined: its key is destroyed. @throws BrokenSealError, KeyStoreUnavailableError */
export async function openKeptUpdate(
  keys: DataKeys | undefined,
  { identity, content }: Pick<StoredUpdate, 'identity' | 'content'>,
): Promise<string | undefined> {
  const keyId = keyIdOf(content);
  if (keyId === undefined || !keys) return content;
  const key = keys.cached(keyId) ?? (await keys.byId(keyId));
  return key === erased ? undefined : (open(key, keptUpdatePlace(identity), content) as string);
}

/** Updates that concern a partner, in order of arrival, after a given one. */
export async function keptUpdatesOf(
  pool: Pool,
  partnerId: string,
  after: string,
  limit: number,
): Promise<StoredUpdate[]> {
  const { rows } = await pool.query<StoredUpdate>(
    `SELECT k.id, encode(k.identity, 'hex') AS identity, k.content FROM kept_update AS k
     WHERE k.id > $2 AND ${concernsPartner('k', '$1')} AND k.id IN (
       SELECT update_id FROM kept_update_reference WHERE kind = 'partner' AND reference = $1
       UNION ALL ${aboutThingsOf('$1')})
     ORDER BY k.id LIMIT $3`,
    [partnerId, after, limit],
  );
  return rows;
}
