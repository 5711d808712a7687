import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { waitUntil } from '#platform';
import type { System } from '../system.ts';
import type { Canaries } from './doors.ts';

/** Where which values were found, as `redis: name`. */
export async function findInStores(system: System, canaries: Canaries): Promise<string[]> {
  const found: string[] = [];
  const look = (store: string, bytes: Buffer | string): void => {
    for (const [door, value] of Object.entries(canaries))
      if (bytes.includes(value)) found.push(`${store}: ${door}`);
  };
  await lookIntoFolder(system.dir, 'files of the system', look);
  await lookIntoRedis(system.env['REDIS_URL'] ?? '', look);
  await lookIntoPostgres(system.env['DATABASE_URL'] ?? '', look);
  for (const api of system.apis) look('metrics', await (await fetch(`${api}/metrics`)).text());
  return [...new Set(found)].toSorted();
}

type Look = (store: string, bytes: Buffer | string) => void;
/** As long as a value may be that two pieces of a file share. */
const overlap = 256;

async function lookIntoFolder(folder: string, store: string, look: Look): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries)
    if (entry.isFile()) await lookIntoFile(join(entry.parentPath, entry.name), store, look);
}

/** A file that goes meanwhile holds nothing any more. */
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

/** A dump that is not compressed, and the append-only files. */
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

/** Every row of every table, which the files may hold compressed. Files and write-ahead log are in the folder of the system. */
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
