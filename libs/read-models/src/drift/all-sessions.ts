import type { Pool } from 'pg';
import type { EventStore } from '#sessions';
import { sessionStream, startedSessions } from '#sessions';
import { isUuid } from '../tables/changes.ts';

const rowsPerPage = 500;

/**
 * The ids of all sessions: first those whose start is in the store, in log order, then those that have a row and no
 * stream, or one that ends with their erasure. Sessions that start meanwhile may be among them; a session may come twice.
 */
export async function* allSessions(store: EventStore, pool: Pool): AsyncGenerator<string> {
  for await (const id of startedSessions(store)) if (isUuid(id)) yield id;
  yield* rowsWithoutStream(store, pool);
}

async function* rowsWithoutStream(store: EventStore, pool: Pool): AsyncGenerator<string> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<{ session_id: string }>(
      'SELECT session_id FROM conversation_session WHERE session_id > $1::uuid ORDER BY session_id LIMIT $2',
      [after, rowsPerPage],
    );
    for (const { session_id } of rows) {
      const last = await store.readLast(sessionStream(session_id));
      if (last === undefined || last.type === 'SessionErased') yield session_id;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.session_id;
  }
}
