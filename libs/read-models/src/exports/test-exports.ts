import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import type { Pool } from 'pg';
import { createLogger } from '#platform';
import type { AccessEntry } from '#sessions';
import { EventStore } from '#sessions';
import { serviceUrl } from '../test-support.ts';
import { ExportFiles } from './files.ts';
import { partsOf, requestExport } from './jobs.ts';
import type { ExportJob, ExportRequest } from './request.ts';
import type { RunnerPorts } from './runner.ts';
import { ExportRunner } from './runner.ts';

export const marchFrom = '2026-03-01T00:00:00.000Z';

/** For specs: the ports of a runner that writes to a folder. */
export function runnerPorts(
  pool: Pool,
  root: string,
  more: Partial<RunnerPorts> = {},
): RunnerPorts & { readonly records: AccessEntry[] } {
  const records: AccessEntry[] = [];
  return {
    pool,
    store: new EventStore(serviceUrl('EVENTSTORE_URL')),
    keys: undefined,
    files: new ExportFiles(root),
    masks: { turn: (row) => ({ ...row, message_text: '[masked]' }), event: (event) => event },
    limits: { rows: 1_000 },
    accessLog: { record: async (entry) => void records.push(entry) },
    logger: createLogger('spec', 'silent'),
    owner: 'spec',
    leaseMs: 600,
    keepS: 3_600,
    records,
    ...more,
  };
}

export function exportRequest(more: Partial<ExportRequest> = {}): ExportRequest {
  return {
    export_id: randomUUID(),
    form: 'turns',
    format: 'ndjson',
    gzip: false,
    filter: { from: marchFrom },
    scope: { restricted: false },
    masked: false,
    purpose: 'research:1',
    requested_by: { role: 'auditor', subject: `auditor-${randomUUID()}`, instance: null, limits: {} },
    ...more,
  };
}

/** Requests an export and writes it. */
export async function exported(ports: RunnerPorts, more: Partial<ExportRequest> = {}): Promise<ExportJob> {
  const job = await requestExport(ports.pool, exportRequest(more));
  await new ExportRunner(ports).round(new AbortController().signal);
  return job;
}

type Row = Readonly<Record<string, unknown>>;

/** The rows of an export's NDJSON or Parquet files. */
export async function rowsOf(
  pool: Pool,
  root: string,
  { export_id, format, gzip }: ExportRequest,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name } of await partsOf(pool, export_id)) {
    const path = join(root, export_id, name);
    if (format === 'parquet')
      rows.push(...(await parquetReadObjects({ file: await asyncBufferFromFile(path) })));
    else {
      const content = await readFile(path);
      const text = (gzip ? gunzipSync(content) : content).toString();
      rows.push(
        ...text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Row),
      );
    }
  }
  return rows;
}

/** Fills the tables with turns of 2026-03, twenty per session, with one partner per ten sessions. */
export async function addTurns(pool: Pool, count: number, text = 'Where is my payout?'): Promise<void> {
  await pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     SELECT md5('s' || n)::uuid, 'P' || n / 10, timestamptz '2026-03-01 00:00Z' + n * interval '1 second',
       timestamptz '2026-03-02 00:00Z', 'whatsapp', 'hi', timestamptz '2026-03-03 00:00Z', 3600, 'ended', 20
     FROM generate_series(0, ($1::int - 1) / 20) AS n`,
    [count],
  );
  await pool.query(
    `INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       parsed_intent, extracted_entities, revision, channel)
     SELECT md5('s' || n / 20)::uuid, md5('t' || n)::uuid, 'P' || n / 200,
       timestamptz '2026-03-01 00:00Z' + n / 3 * interval '1 second',
       timestamptz '2026-03-01 00:00Z' + n / 3 * interval '1 second',
       CASE n % 2 WHEN 0 THEN 'user' ELSE 'bot' END::sender, $2 || n, CASE n % 3 WHEN 0 THEN 'ask' END,
       jsonb_build_object('n', n), n % 20, 'whatsapp'
     FROM generate_series(0, $1::int - 1) AS n`,
    [count, text],
  );
}
