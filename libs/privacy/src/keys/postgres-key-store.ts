import type { Pool, QueryResultRow } from 'pg';
import type { Logger } from '#platform';
import { createPool } from '#platform';
import { KeyStoreUnavailableError } from './errors.ts';
import type { Erasure, KeyCounts, KeyStore, StoredKey, WrappedKey } from './key-store.ts';
import type { KeyRow } from './rows.ts';
import { countsOf, keyOf, timeOf, version } from './rows.ts';

/** How long a statement may run (ms); to connect takes 2 s at most. */
const statementMs = 1_500;
const connections = 4;
/** As ids are given out: PostgreSQL reads more forms, and refuses what is none. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of the advisory lock under which one process at a time makes the tables. */
const lock = 7_301_946_011;

const schema = `
  CREATE TABLE IF NOT EXISTS data_key (
    key_id uuid PRIMARY KEY, partner_id text NOT NULL, master_key_id text, ciphertext bytea,
    created_at timestamptz NOT NULL, destroyed_at timestamptz,
    CHECK ((ciphertext IS NULL) = (destroyed_at IS NOT NULL) AND (ciphertext IS NULL) = (master_key_id IS NULL))
  );
  CREATE UNIQUE INDEX IF NOT EXISTS data_key_alive ON data_key (partner_id text_pattern_ops)
    WHERE destroyed_at IS NULL;
  CREATE INDEX IF NOT EXISTS data_key_partner ON data_key (partner_id);
  CREATE INDEX IF NOT EXISTS data_key_master ON data_key (master_key_id, key_id) WHERE destroyed_at IS NULL;
  CREATE TABLE IF NOT EXISTS erasure_ledger (
    receipt_id text PRIMARY KEY, partner_id text NOT NULL, erased_at timestamptz NOT NULL, reason_class text
  );
  CREATE INDEX IF NOT EXISTS erasure_ledger_time ON erasure_ledger (erased_at);
  CREATE TABLE IF NOT EXISTS key_store (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL);
  INSERT INTO key_store (version) VALUES (${version}) ON CONFLICT DO NOTHING;
`;

/** Data keys in a PostgreSQL of their own. Its tables are made when they are missing. */
export class PostgresKeyStore implements KeyStore {
  private readonly pool: Pool;
  private prepared: Promise<void> | undefined;

  constructor(url: string, logger: Logger) {
    this.pool = createPool(url, {
      logger,
      max: connections,
      statementTimeoutMs: statementMs,
      applicationName: 'turnstream-keys',
    });
  }

  async current(partnerId: string): Promise<StoredKey | undefined> {
    const sql = 'SELECT * FROM data_key WHERE partner_id = $1 AND destroyed_at IS NULL';
    return (await this.query<KeyRow>(sql, [partnerId])).map(keyOf)[0];
  }

  async living(partnerIds: readonly string[]): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE partner_id = ANY ($1::text[]) AND destroyed_at IS NULL
      ORDER BY partner_id`;
    return (await this.query<KeyRow>(sql, [partnerIds])).map(keyOf);
  }

  async byId(keyId: string): Promise<StoredKey | undefined> {
    if (!uuid.test(keyId)) return undefined;
    const sql = 'SELECT * FROM data_key WHERE key_id = $1::uuid';
    return (await this.query<KeyRow>(sql, [keyId])).map(keyOf)[0];
  }

  async add({ key_id, partner_id, wrapped, created_at }: StoredKey): Promise<StoredKey> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at)
      VALUES ($1, $2, $3, $4,
        greatest($5::timestamptz, (SELECT max(destroyed_at) FROM data_key WHERE partner_id = $2))) ON CONFLICT DO NOTHING`;
    await this.query(sql, [key_id, partner_id, wrapped?.master_key_id, wrapped?.ciphertext, created_at]);
    const live = await this.current(partner_id);
    // Destroyed between the two: the next call makes another.
    if (live === undefined) throw new KeyStoreUnavailableError();
    return live;
  }

  async adopt({ key_id, partner_id, wrapped, created_at }: StoredKey): Promise<void> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (key_id) DO UPDATE SET master_key_id = excluded.master_key_id, ciphertext = excluded.ciphertext,
        destroyed_at = NULL`;
    await this.query(sql, [key_id, partner_id, wrapped?.master_key_id, wrapped?.ciphertext, created_at]);
  }

  async destroy(partnerId: string, at: string, keyId?: string): Promise<readonly string[]> {
    const sql = `UPDATE data_key SET master_key_id = NULL, ciphertext = NULL, destroyed_at = $2
      WHERE partner_id = $1 AND destroyed_at IS NULL AND key_id::text = coalesce($3, key_id::text)`;
    await this.query(sql, [partnerId, at, keyId]);
    const ids = 'SELECT key_id FROM data_key WHERE partner_id = $1 ORDER BY key_id';
    return (await this.query<KeyRow>(ids, [partnerId])).map(({ key_id }) => key_id);
  }

  async recordErasure({ receipt_id, partner_id, erased_at, reason_class = null }: Erasure): Promise<void> {
    const sql = 'INSERT INTO erasure_ledger VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING';
    await this.query(sql, [receipt_id, partner_id, erased_at, reason_class]);
  }

  async erasures(after = '-infinity'): Promise<readonly Erasure[]> {
    const sql = `SELECT receipt_id, partner_id, erased_at, reason_class FROM erasure_ledger
      WHERE erased_at > $1 ORDER BY erased_at, receipt_id`;
    const rows = await this.query<Erasure>(sql, [after]);
    return rows.map((row) => ({ ...row, erased_at: timeOf(row.erased_at) }));
  }

  async wrappedByOthers(masterKeyId: string, limit: number): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE master_key_id <> $1 AND destroyed_at IS NULL
      ORDER BY key_id LIMIT $2`;
    return (await this.query<KeyRow>(sql, [masterKeyId, limit])).map(keyOf);
  }

  async rewrap(keyId: string, from: WrappedKey, to: WrappedKey): Promise<boolean> {
    if (!uuid.test(keyId)) return false;
    const sql = `UPDATE data_key SET master_key_id = $2, ciphertext = $3
      WHERE key_id = $1::uuid AND master_key_id = $4 AND ciphertext = $5 RETURNING key_id`;
    const values = [keyId, to.master_key_id, to.ciphertext, from.master_key_id, from.ciphertext];
    return (await this.query(sql, values)).length === 1;
  }

  async madeBefore(partnerPrefix: string, before: string): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE starts_with(partner_id, $1) AND created_at < $2
      AND destroyed_at IS NULL ORDER BY partner_id`;
    return (await this.query<KeyRow>(sql, [partnerPrefix, before])).map(keyOf);
  }

  async counts(): Promise<KeyCounts> {
    const sql = 'SELECT master_key_id, count(*)::integer AS count FROM data_key GROUP BY master_key_id';
    return countsOf(await this.query<{ master_key_id: string | null; count: number }>(sql));
  }

  async ping(): Promise<void> {
    await this.query('SELECT 1 FROM data_key LIMIT 1');
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async query<T extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    try {
      await (this.prepared ??= this.prepare());
      return (await this.pool.query<T>(sql, values.map(parameter))).rows;
    } catch (cause) {
      throw isFaultOfData(cause) ? cause : new KeyStoreUnavailableError({ cause });
    }
  }

  /** A user that may not make tables finds them made. */
  private async prepare(): Promise<void> {
    try {
      const { rows } = await this.pool.query<{ made: boolean }>(
        `SELECT to_regclass('key_store') IS NOT NULL AS made`,
      );
      // One statement string is one transaction.
      if (!rows[0]?.made) await this.pool.query(`SELECT pg_advisory_xact_lock(${lock}); ${schema}`);
      const found = await this.pool.query<{ version: number }>('SELECT version FROM key_store');
      if ((found.rows[0]?.version ?? version) > version)
        throw new Error('The key store was made by a newer version.');
    } catch (error) {
      this.prepared = undefined;
      throw error;
    }
  }
}

/** Such as a text with a zero character: to try again does not help. */
function isFaultOfData(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('22');
}

function parameter(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : (value ?? null);
}
