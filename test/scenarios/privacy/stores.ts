import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { waitUntil } from '#platform';
import type { System } from '../system.ts';
import type { Canaries } from './doors.ts';

/**
 * Where values were found, such as `Redis: name`. It searches the event store's files and the logs; an uncompressed
 * dump of Redis with its append-only files; every row of PostgreSQL, and its files with the write-ahead log if it
 * belongs to the system (they may hold compressed long values); and the metrics. Kafka's files are left out: they
 * hold messages of other systems as sent, and Turnstream's own topics are read as messages (`findInTopics`).
 */
export async function findInStores(system: System, canaries: Canaries): Promise<string[]> {
  const found: string[] = [];
  const look = (store: string, bytes: Buffer | string): void => {
    for (const [door, value] of Object.entries(canaries))
      if (bytes.includes(value)) found.push(`${store}: ${door}`);
  };
  for (const part of ['event-store', 'logs', 'postgres'])
    if (existsSync(join(system.dir, part))) await lookIntoFolder(join(system.dir, part), part, look);
  await lookIntoRedis(system.env['REDIS_URL'] ?? '', look);
  await lookIntoPostgres(system.env['DATABASE_URL'] ?? '', look);
  for (const api of system.apis) look('metrics', await (await fetch(`${api}/metrics`)).text());
  return [...new Set(found)].toSorted();
}

/** The number of parts of the event store’s files with sealed values. */
export async function sealedPieces({ dir }: System): Promise<number> {
  let count = 0;
  await lookIntoFolder(join(dir, 'event-store'), 'event store', (_, bytes) => {
    if (bytes.includes('A256GCM.')) count += 1;
  });
  return count;
}

type Look = (store: string, bytes: Buffer | string) => void;
/** The maximum length of a value that spans two parts of a file. */
const overlap = 256;

async function lookIntoFolder(folder: string, store: string, look: Look): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries)
    if (entry.isFile()) await lookIntoFile(join(entry.parentPath, entry.name), store, look);
}

/** A file that is deleted meanwhile holds nothing. */
async function lookIntoFile(path: string, store: string, look: Look): Promise<void> {
  let end = Buffer.alloc(0);
  try {
    for await (const piece of createReadStream(path, {
      highWaterMark: 1024 * 1024,
    }) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([end, piece]);
      look(store, bytes);
      end = Buffer.from(bytes.subarray(-overlap));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function lookIntoRedis(url: string, look: Look): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.config('SET', 'rdbcompression', 'no');
    const before = await redis.lastsave();
    await waitUntil(async () => (await redis.bgsave().catch(() => undefined)) !== undefined, {
      what: 'BGSAVE',
    });
    await waitUntil(async () => (await redis.lastsave()) !== before, { what: 'the dump', everyMs: 200 });
    const [, dir = ''] = await redis.config('GET', 'dir');
    await lookIntoFolder(dir, 'Redis', look);
  } finally {
    redis.disconnect();
  }
}

/** Searches every row of every table. */
async function lookIntoPostgres(url: string, look: Look): Promise<void> {
  const pool = new Pool({ connectionString: url });
  try {
    const { rows: tables } = await pool.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const { rows } = await pool.query<{ line: string }>(`SELECT t::text AS line FROM ${name} AS t`);
      for (const { line } of rows) look(`PostgreSQL ${name}`, line);
    }
  } finally {
    await pool.end();
  }
}
