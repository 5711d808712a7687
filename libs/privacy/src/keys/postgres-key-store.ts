import type { ClientBase, Pool, QueryResultRow } from 'pg';
import type { Logger } from '#platform';
import { createPool, withClient } from '#platform';
import { KeyStoreUnavailableError, PartnerErasedError } from './errors.ts';
import type { Erasure, KeyCounts, KeyStore, StoredKey, WrappedKey } from './key-store.ts';
import type { KeyRow } from './rows.ts';
import { countsOf, keyOf, timeOf, version } from './rows.ts';

/** Time limit of a statement (ms); connecting takes 2 s at most. */
const statementMs = 1_500;
const connections = 4;
/** The form of our ids: PostgreSQL accepts more forms, and refuses malformed ones. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The advisory lock under which one process at a time creates the tables. */
const lock = 7_301_946_011;
/** The advisory locks under which a partner's key is created or its erasure begins: one after the other. */
const partnerLock = 1_946_011;

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
  CREATE INDEX IF NOT EXISTS erasure_ledger_partner ON erasure_ledger (partner_id);
  CREATE TABLE IF NOT EXISTS key_store (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL);
  INSERT INTO key_store (version) VALUES (${version}) ON CONFLICT DO NOTHING;
`;

/** Data keys in a separate PostgreSQL. Missing tables are created. */
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

  async add({ key_id, partner_id, wrapped, created_at }: StoredKey, after?: string): Promise<StoredKey> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at)
      SELECT $1::uuid, $2, $3, $4::bytea, greatest($5::timestamptz, (SELECT max(destroyed_at) FROM data_key WHERE partner_id = $2),
        (SELECT max(erased_at) FROM erasure_ledger WHERE partner_id = $2))
      WHERE coalesce((${lastErasureOf('$2')}), $6, '') = coalesce($6, '') ON CONFLICT DO NOTHING`;
    const values = [key_id, partner_id, wrapped?.master_key_id, wrapped?.ciphertext, created_at, after];
    await this.alone(partner_id, (client) => client.query(sql, values.map(parameter)));
    const live = await this.current(partner_id);
    if (live !== undefined) return live;
    const last = await this.lastErasure(partner_id);
    if (last !== undefined && last !== after) throw new PartnerErasedError(last);
    // Destroyed in between: the next call creates another one.
    throw new KeyStoreUnavailableError();
  }

  async adopt({ key_id, partner_id, wrapped, created_at }: StoredKey): Promise<void> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at)
      SELECT $1::uuid, $2, $3, $4::bytea, $5::timestamptz
      WHERE NOT EXISTS (SELECT FROM erasure_ledger WHERE partner_id = $2 AND erased_at > $5::timestamptz)
      ON CONFLICT (key_id) DO UPDATE SET master_key_id = excluded.master_key_id, ciphertext = excluded.ciphertext,
        destroyed_at = NULL RETURNING key_id`;
    const values = [key_id, partner_id, wrapped?.master_key_id, wrapped?.ciphertext, created_at];
    const { rowCount } = await this.alone(partner_id, (client) => client.query(sql, values.map(parameter)));
    if (rowCount === 0) throw new PartnerErasedError((await this.lastErasure(partner_id)) ?? '');
  }

  async destroy(partnerId: string, before: string): Promise<readonly string[]> {
    const sql = `UPDATE data_key SET master_key_id = NULL, ciphertext = NULL, destroyed_at = $2
      WHERE partner_id = $1 AND destroyed_at IS NULL AND created_at < $2`;
    await this.query(sql, [partnerId, before]);
    const ids = 'SELECT key_id FROM data_key WHERE partner_id = $1 AND destroyed_at = $2 ORDER BY key_id';
    return (await this.query<KeyRow>(ids, [partnerId, before])).map(({ key_id }) => key_id);
  }

  async destroyAsIs({ key_id, wrapped }: StoredKey): Promise<boolean> {
    if (wrapped === null) return false;
    const sql = `UPDATE data_key SET master_key_id = NULL, ciphertext = NULL, destroyed_at = greatest(now(), created_at)
      WHERE key_id = $1::uuid AND master_key_id = $2 AND ciphertext = $3 RETURNING key_id`;
    return (await this.query(sql, [key_id, wrapped.master_key_id, wrapped.ciphertext])).length === 1;
  }

  async beginErasure({ receipt_id, partner_id, erased_at, reason_class = null }: Erasure): Promise<string> {
    const sql = `INSERT INTO erasure_ledger (receipt_id, partner_id, erased_at, reason_class)
      SELECT $1, $2, greatest($3::timestamptz,
        (SELECT max(created_at) FROM data_key WHERE partner_id = $2) + interval '1 millisecond',
        (SELECT max(erased_at) FROM erasure_ledger WHERE partner_id = $2) + interval '1 millisecond'), $4
      ON CONFLICT DO NOTHING`;
    await this.alone(partner_id, (client) =>
      client.query(sql, [receipt_id, partner_id, erased_at, reason_class]),
    );
    const [row] = await this.query<Pick<Erasure, 'erased_at'>>(
      'SELECT erased_at FROM erasure_ledger WHERE receipt_id = $1',
      [receipt_id],
    );
    return timeOf(row?.erased_at ?? erased_at);
  }

  async recordErasure({ receipt_id, partner_id, erased_at, reason_class = null }: Erasure): Promise<void> {
    const sql = 'INSERT INTO erasure_ledger VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING';
    await this.query(sql, [receipt_id, partner_id, erased_at, reason_class]);
  }

  async lastErasure(partnerId: string): Promise<string | undefined> {
    const rows = await this.query<Pick<Erasure, 'receipt_id'>>(lastErasureOf('$1'), [partnerId]);
    return rows[0]?.receipt_id;
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

  private query<T extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.call(async () => (await this.pool.query<T>(sql, values.map(parameter))).rows);
  }

  /** Works while nobody else creates a key of the partner or begins its erasure, and sees the results of those who did. */
  private alone<T>(partnerId: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
    return this.call(() =>
      withClient(this.pool, async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [partnerLock, partnerId]);
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      }),
    );
  }

  private async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      await (this.prepared ??= this.prepare());
      return await work();
    } catch (cause) {
      throw isFaultOfData(cause) ? cause : new KeyStoreUnavailableError({ cause });
    }
  }

  /** A user without the right to create tables uses existing ones. */
  private async prepare(): Promise<void> {
    try {
      const { rows } = await this.pool.query<{ made: boolean; indexed: boolean }>(
        `SELECT to_regclass('key_store') IS NOT NULL AS made, to_regclass('erasure_ledger_partner') IS NOT NULL AS indexed`,
      );
      const [found = { made: false, indexed: false }] = rows;
      // One statement string is one transaction.
      const make = (): Promise<unknown> =>
        this.pool.query(`SELECT pg_advisory_xact_lock(${lock}); ${schema}`);
      if (!found.made) await make();
      // From an earlier release: without the index it is slower, nothing else.
      else if (!found.indexed) await make().catch(unlessForbidden);
      const made = await this.pool.query<{ version: number }>('SELECT version FROM key_store');
      if ((made.rows[0]?.version ?? version) > version)
        throw new Error('The key store was made by a newer version.');
    } catch (error) {
      this.prepared = undefined;
      throw error;
    }
  }
}

/** For example a text with the character NUL: a retry cannot help. */
function isFaultOfData(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('22');
}

/** SQL: the receipt of a partner's last erasure. */
function lastErasureOf(partner: string): string {
  return `SELECT receipt_id FROM erasure_ledger WHERE partner_id = ${partner} ORDER BY erased_at DESC, receipt_id LIMIT 1`;
}

function unlessForbidden(error: unknown): void {
  if ((error as { code?: unknown } | null)?.code !== '42501') throw error;
}

function parameter(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : (value ?? null);
}
