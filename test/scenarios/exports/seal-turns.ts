import { join } from 'node:path';
import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { initKeyFile } from '../../../tools/keys/key-file.ts';
import { openKeys } from '../../../tools/shared/data-keys.ts';
import type { TurnRow } from '../../../libs/read-models/src/tables/rows.ts';
import { sealedColumns } from '../../../libs/read-models/src/tables/sealed-columns.ts';

type Stored = Pick<
  TurnRow,
  'session_id' | 'turn_id' | 'message_text' | 'extracted_entities' | 'message_id'
> & {
  readonly partner_id: string;
};

const rowsAtOnce = 2_000;

/** New keys in a folder, and the variables by which a process opens them. */
export function keysIn(dir: string) {
  const masterKeys = join(dir, 'master-keys.json');
  initKeyFile(masterKeys);
  const env = { KEYSTORE_URL: `file:${join(dir, 'keys.db')}`, MASTER_KEYS: `file:${masterKeys}` };
  const opened = openKeys(env);
  if (opened === undefined) throw new Error('no keys');
  return { env, ...opened };
}

/** Seals the plain turns of a database with the keys of their partners, as a projector does. */
export async function sealTurns(pool: Pool, keys: DataKeys): Promise<void> {
  const reader = await pool.connect();
  try {
    await reader.query('BEGIN READ ONLY');
    await reader.query(
      `DECLARE plain CURSOR FOR
       SELECT session_id, turn_id, partner_id, message_text, extracted_entities, message_id FROM conversation_turn`,
    );
    for (;;) {
      const { rows } = await reader.query<Stored>(`FETCH ${rowsAtOnce} FROM plain`);
      if (rows.length === 0) return;
      const sealed = await Promise.all(
        rows.map(async (row) =>
          sealedColumns(await keys.of(row.partner_id), row as unknown as TurnRow, true),
        ),
      );
      await pool.query(
        `UPDATE conversation_turn AS t SET message_text = s.message_text, extracted_entities = s.entities
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) AS s (session_id, turn_id, message_text, entities)
         WHERE t.session_id = s.session_id AND t.turn_id = s.turn_id`,
        [
          rows.map(({ session_id }) => session_id),
          rows.map(({ turn_id }) => turn_id),
          sealed.map(({ message_text }) => message_text),
          sealed.map(({ extracted_entities }) => JSON.stringify(extracted_entities)),
        ],
      );
    }
  } finally {
    reader.release(true);
  }
}
