import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sleep } from '#platform';
import { KeyStoreUnavailableError, PartnerErasedError } from './errors.ts';
import type { Erasure, KeyCounts, KeyStore, StoredKey, WrappedKey } from './key-store.ts';
import type { KeyRow } from './rows.ts';
import { countsOf, keyOf, version } from './rows.ts';

/** How long a call waits for other writing processes (ms), and how often it retries. */
const deadlineMs = 2_000;
const everyMs = 5;
const sqliteBusy = 5;

/** A file of an earlier release gets this index when it is opened. */
const partnerIndex = 'CREATE INDEX IF NOT EXISTS erasure_ledger_partner ON erasure_ledger (partner_id);';
/** The receipt of a partner's last erasure. */
const lastErasure =
  'SELECT receipt_id FROM erasure_ledger WHERE partner_id = :partner_id ORDER BY erased_at DESC, receipt_id LIMIT 1';
/** SQL: a time just after another one. */
const after = (time: string): string =>
  `coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', (${time}), '+0.001 seconds'), '')`;

const schema = `
  CREATE TABLE IF NOT EXISTS data_key (
    key_id TEXT PRIMARY KEY, partner_id TEXT NOT NULL, master_key_id TEXT, ciphertext BLOB,
    created_at TEXT NOT NULL, destroyed_at TEXT,
    CHECK ((ciphertext IS NULL) = (destroyed_at IS NOT NULL) AND (ciphertext IS NULL) = (master_key_id IS NULL))
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS data_key_alive ON data_key (partner_id) WHERE destroyed_at IS NULL;
  CREATE INDEX IF NOT EXISTS data_key_partner ON data_key (partner_id);
  CREATE INDEX IF NOT EXISTS data_key_master ON data_key (master_key_id, key_id) WHERE destroyed_at IS NULL;
  CREATE TABLE IF NOT EXISTS erasure_ledger (
    receipt_id TEXT PRIMARY KEY, partner_id TEXT NOT NULL, erased_at TEXT NOT NULL, reason_class TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS erasure_ledger_time ON erasure_ledger (erased_at);
  ${partnerIndex}
  PRAGMA user_version = ${version};
`;

/**
 * Data keys in a file that several processes of one machine share. SQLite works in the caller's thread: a call takes
 * some 20 µs, a write as long as the disk needs. The thread never blocks on another process.
 */
export class SqliteKeyStore implements KeyStore {
  private db: DatabaseSync | undefined;

  constructor(private readonly path: string) {}

  async current(partnerId: string): Promise<StoredKey | undefined> {
    const sql = 'SELECT * FROM data_key WHERE partner_id = ? AND destroyed_at IS NULL';
    return this.call((db) => keysOf(db.prepare(sql).all(partnerId))[0]);
  }

  async living(partnerIds: readonly string[]): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE partner_id IN (SELECT value FROM json_each(?))
      AND destroyed_at IS NULL ORDER BY partner_id`;
    return this.call((db) => keysOf(db.prepare(sql).all(JSON.stringify(partnerIds))));
  }

  async byId(keyId: string): Promise<StoredKey | undefined> {
    const sql = 'SELECT * FROM data_key WHERE key_id = ?';
    return this.call((db) => keysOf(db.prepare(sql).all(keyId))[0]);
  }

  async add({ key_id, partner_id, wrapped, created_at }: StoredKey, after?: string): Promise<StoredKey> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at)
      SELECT :key_id, :partner_id, :master_key_id, :ciphertext, max(:created_at,
        coalesce((SELECT max(destroyed_at) FROM data_key WHERE partner_id = :partner_id), ''),
        coalesce((SELECT max(erased_at) FROM erasure_ledger WHERE partner_id = :partner_id), ''))
      WHERE coalesce((${lastErasure}), :after, '') = coalesce(:after, '') ON CONFLICT DO NOTHING`;
    const { master_key_id = null, ciphertext } = wrapped ?? {};
    const row = { key_id, partner_id, master_key_id, ciphertext: bytesOf(ciphertext), created_at };
    await this.call((db) => db.prepare(sql).run({ ...row, after: after ?? null }));
    const live = await this.current(partner_id);
    if (live !== undefined) return live;
    const last = await this.lastErasure(partner_id);
    if (last !== undefined && last !== after) throw new PartnerErasedError(last);
    // Destroyed in between: the next call creates another one.
    throw new KeyStoreUnavailableError();
  }

  async adopt({ key_id, partner_id, wrapped, created_at }: StoredKey): Promise<void> {
    const sql = `INSERT INTO data_key (key_id, partner_id, master_key_id, ciphertext, created_at)
      SELECT :key_id, :partner_id, :master_key_id, :ciphertext, :created_at
      WHERE NOT EXISTS (SELECT 1 FROM erasure_ledger WHERE partner_id = :partner_id AND erased_at > :created_at)
      ON CONFLICT (key_id) DO UPDATE SET master_key_id = excluded.master_key_id, ciphertext = excluded.ciphertext,
        destroyed_at = NULL`;
    const { master_key_id = null, ciphertext } = wrapped ?? {};
    const row = { key_id, partner_id, master_key_id, ciphertext: bytesOf(ciphertext), created_at };
    const { changes } = await this.call((db) => db.prepare(sql).run(row));
    if (changes === 0) throw new PartnerErasedError((await this.lastErasure(partner_id)) ?? '');
  }

  async destroy(partnerId: string, before: string): Promise<readonly string[]> {
    const sql = `UPDATE data_key SET master_key_id = NULL, ciphertext = NULL, destroyed_at = :before
      WHERE partner_id = :partner_id AND destroyed_at IS NULL AND created_at < :before`;
    await this.call((db) => db.prepare(sql).run({ before, partner_id: partnerId }));
    // Also when an earlier call ended before this step.
    await this.empty();
    const ids = 'SELECT key_id FROM data_key WHERE partner_id = ? AND destroyed_at = ? ORDER BY key_id';
    const rows = await this.call((db) => db.prepare(ids).all(partnerId, before) as { key_id: string }[]);
    return rows.map(({ key_id }) => key_id);
  }

  async destroyAsIs({ key_id, wrapped, created_at }: StoredKey): Promise<boolean> {
    const sql = `UPDATE data_key SET master_key_id = NULL, ciphertext = NULL, destroyed_at = ?
      WHERE key_id = ? AND master_key_id = ? AND ciphertext = ?`;
    const now = new Date().toISOString();
    const values = [now > created_at ? now : created_at, key_id, wrapped?.master_key_id ?? null];
    const bytes = bytesOf(wrapped?.ciphertext);
    const isDone = await this.call((db) => db.prepare(sql).run(...values, bytes).changes === 1);
    await this.empty();
    return isDone;
  }

  async beginErasure({ receipt_id, partner_id, erased_at, reason_class = null }: Erasure): Promise<string> {
    const sql = `INSERT INTO erasure_ledger (receipt_id, partner_id, erased_at, reason_class)
      SELECT :receipt_id, :partner_id, max(:erased_at,
        ${after('SELECT max(created_at) FROM data_key WHERE partner_id = :partner_id')},
        ${after('SELECT max(erased_at) FROM erasure_ledger WHERE partner_id = :partner_id')}), :reason_class
      WHERE true ON CONFLICT DO NOTHING`;
    await this.call((db) => db.prepare(sql).run({ receipt_id, partner_id, erased_at, reason_class }));
    const time = 'SELECT erased_at FROM erasure_ledger WHERE receipt_id = ?';
    const row = await this.call((db) => db.prepare(time).get(receipt_id) as Erasure | undefined);
    return row?.erased_at ?? erased_at;
  }

  async recordErasure({ receipt_id, partner_id, erased_at, reason_class = null }: Erasure): Promise<void> {
    const sql = 'INSERT INTO erasure_ledger VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
    await this.call((db) => db.prepare(sql).run(receipt_id, partner_id, erased_at, reason_class));
  }

  async lastErasure(partnerId: string): Promise<string | undefined> {
    const row = await this.call((db) => db.prepare(lastErasure).get({ partner_id: partnerId }));
    return (row as Erasure | undefined)?.receipt_id;
  }

  async erasures(after = ''): Promise<readonly Erasure[]> {
    const sql = 'SELECT * FROM erasure_ledger WHERE erased_at > ? ORDER BY erased_at, receipt_id';
    return this.call((db) => db.prepare(sql).all(after) as unknown as Erasure[]);
  }

  async wrappedByOthers(masterKeyId: string, limit: number): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE master_key_id <> ? AND destroyed_at IS NULL ORDER BY key_id LIMIT ?`;
    return this.call((db) => keysOf(db.prepare(sql).all(masterKeyId, limit)));
  }

  async rewrap(keyId: string, from: WrappedKey, to: WrappedKey): Promise<boolean> {
    const sql = `UPDATE data_key SET master_key_id = ?, ciphertext = ?
      WHERE key_id = ? AND master_key_id = ? AND ciphertext = ?`;
    const values = [
      to.master_key_id,
      bytesOf(to.ciphertext),
      keyId,
      from.master_key_id,
      bytesOf(from.ciphertext),
    ];
    return this.call((db) => db.prepare(sql).run(...values).changes === 1);
  }

  async madeBefore(partnerPrefix: string, before: string): Promise<readonly StoredKey[]> {
    const sql = `SELECT * FROM data_key WHERE partner_id >= ? AND partner_id < ? AND created_at < ?
      AND destroyed_at IS NULL ORDER BY partner_id`;
    const end = `${partnerPrefix}\u{10ffff}`;
    return this.call((db) => keysOf(db.prepare(sql).all(partnerPrefix, end, before)));
  }

  async counts(): Promise<KeyCounts> {
    const sql = 'SELECT master_key_id, count(*) AS count FROM data_key GROUP BY master_key_id';
    const rows = await this.call((db) => db.prepare(sql).all() as { master_key_id: string; count: number }[]);
    return countsOf(rows);
  }

  async ping(): Promise<void> {
    await this.call((db) => db.prepare('SELECT 1 FROM data_key LIMIT 1').get());
  }

  async close(): Promise<void> {
    this.db?.close();
    this.db = undefined;
  }

  /** Writes the whole log into the file and truncates it: deleted data is then in neither. */
  private async empty(): Promise<void> {
    await this.call((db) => {
      const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      if (busy !== 0) throw new BusyError();
    });
  }

  /** Retries while another process blocks it, until the deadline. */
  private async call<T>(work: (db: DatabaseSync) => T): Promise<T> {
    const until = performance.now() + deadlineMs;
    for (;;) {
      try {
        this.db ??= openDatabase(this.path);
        return work(this.db);
      } catch (cause) {
        if (!isBusy(cause) || performance.now() >= until) throw new KeyStoreUnavailableError({ cause });
      }
      await sleep(everyMs);
    }
  }
}

/** Thrown while another process still reads from the log. */
class BusyError extends Error {
  readonly errcode = sqliteBusy;
}

function openDatabase(path: string): DatabaseSync {
  makeFolder(dirname(resolve(path)));
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    // Deleted data is overwritten; a commit is synced to disk.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (user_version > version) throw new Error(`${path} was written by a newer version.`);
    if (user_version < version) db.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    else db.exec(partnerIndex);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Without `recursive`: where no folder can be created, as in /proc, Node would never return. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function isBusy(error: unknown): boolean {
  // Extended result codes have the primary one in their lowest byte.
  return (Number((error as { errcode?: unknown } | null)?.errcode) & 0xff) === sqliteBusy;
}

function bytesOf(bytes: Uint8Array | undefined): Buffer | null {
  return bytes === undefined ? null : Buffer.from(bytes);
}

function keysOf(rows: unknown[]): StoredKey[] {
  return rows.map((row) => keyOf(row as KeyRow));
}
