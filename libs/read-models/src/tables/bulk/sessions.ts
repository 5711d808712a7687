import type { Pool } from 'pg';
import { withExpiry } from '../batch.ts';
import type { CorrelationRow, ReferenceRow, SessionRow } from '../rows.ts';
import { storableJson } from '../storable.ts';

/** A session as of the events so far. */
export interface FoldedSession {
  row: SessionRow;
  /** Whether the table has a row of it, and whether that row is outdated. */
  stored: boolean;
  changed: boolean;
  readonly references: Map<string, ReferenceRow>;
  /** Of the latest event; not written yet. */
  correlation: CorrelationRow | undefined;
}

/** Sessions kept in memory: those with the most recent events. */
const kept = 50_000;

const columns = `session_id, partner_id, start_time, last_activity_time, channel, current_task, language, expires_at,
  expires_in_s, status, agent_instance, agent_pool, agent_epoch, forked_from, open_inquiries, revision`;

const save = `INSERT INTO conversation_session (${columns})
  SELECT ${columns} FROM json_to_recordset($1::json) AS r (session_id uuid, partner_id text, start_time timestamptz,
    last_activity_time timestamptz, channel channel, current_task text, language text, expires_at timestamptz,
    expires_in_s integer, status session_status, agent_instance text, agent_pool text, agent_epoch bigint,
    forked_from uuid, open_inquiries uuid[], revision bigint)
  ON CONFLICT (session_id) DO UPDATE SET
    last_activity_time = excluded.last_activity_time, channel = excluded.channel,
    current_task = excluded.current_task, language = excluded.language, expires_at = excluded.expires_at,
    status = excluded.status, agent_instance = excluded.agent_instance, agent_pool = excluded.agent_pool,
    agent_epoch = excluded.agent_epoch, open_inquiries = excluded.open_inquiries, revision = excluded.revision`;

const saveReferences = `INSERT INTO session_reference (kind, reference, session_id)
  SELECT kind, reference, session_id FROM json_to_recordset($1::json) AS r (session_id uuid, kind text, reference text)
  ON CONFLICT DO NOTHING`;

/** The session rows while tables are filled: in memory while events arrive, then in the table. */
export class FoldedSessions {
  private readonly sessions = new Map<string, FoldedSession>();

  /** @param pool its `search_path` must find the tables being filled */
  constructor(private readonly pool: Pool) {}

  get(id: string): FoldedSession | undefined {
    return this.sessions.get(id);
  }

  add(row: SessionRow): FoldedSession {
    const references = new Map<string, ReferenceRow>();
    const session = { row, stored: false, changed: true, references, correlation: undefined };
    this.sessions.set(row.session_id, session);
    return session;
  }

  /** Loads the rows of these sessions into memory, if the table has them. */
  async load(ids: ReadonlySet<string>): Promise<void> {
    const missing: string[] = [];
    for (const id of ids) {
      const session = this.sessions.get(id);
      if (session === undefined) missing.push(id);
      else {
        // Moves it to the end: recently used.
        this.sessions.delete(id);
        this.sessions.set(id, session);
      }
    }
    if (missing.length === 0) return;
    const { rows } = await this.pool.query<{ row: SessionRow }>(
      'SELECT to_json(s) AS row FROM conversation_session AS s WHERE session_id = ANY ($1::uuid[])',
      [missing],
    );
    for (const { row } of rows) {
      const references = new Map<string, ReferenceRow>();
      const session = { stored: true, changed: false, references, correlation: undefined };
      this.sessions.set(row.session_id, { row: withTimes(row), ...session });
    }
  }

  async delete(id: string): Promise<void> {
    const session = this.sessions.get(id);
    this.sessions.delete(id);
    if (session?.stored !== true) return;
    await this.pool.query('DELETE FROM session_reference WHERE session_id = $1', [id]);
    await this.pool.query('DELETE FROM conversation_session WHERE session_id = $1', [id]);
  }

  /** Writes the least recently used sessions, or with `all` every session. Returns those that it wrote: they are no longer in memory. */
  async flush(all = false): Promise<readonly FoldedSession[]> {
    const surplus = all ? this.sessions.size : this.sessions.size - kept;
    if (surplus <= 0) return [];
    const count = all ? surplus : surplus + kept / 10;
    const leaving = [...this.sessions.values()].slice(0, count);
    const changed = leaving.filter((session) => session.changed);
    await this.pool.query(save, [storableJson(changed.map(({ row }) => withExpiry(row)))]);
    const over = changed.filter(({ row, stored }) => stored && row.status !== 'active');
    if (over.length > 0)
      await this.pool.query('DELETE FROM session_reference WHERE session_id = ANY ($1::uuid[])', [
        over.map(({ row }) => row.session_id),
      ]);
    const references = leaving.flatMap((session) => [...session.references.values()]);
    if (references.length > 0) await this.pool.query(saveReferences, [storableJson(references)]);
    for (const { row } of leaving) this.sessions.delete(row.session_id);
    return leaving;
  }
}

function iso(time: string): string {
  return new Date(time).toISOString();
}

/** Times in the format of the events, since they are compared as texts. */
function withTimes(row: SessionRow): SessionRow {
  return {
    ...row,
    start_time: iso(row.start_time),
    last_activity_time: iso(row.last_activity_time),
    expires_at: iso(row.expires_at),
    open_inquiries: row.open_inquiries ?? [],
  };
}
