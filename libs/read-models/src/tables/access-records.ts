import type { Pool, PoolClient } from 'pg';
import type { Json, JsonObject } from '#domain';
import { isAccessEventType } from '#domain';
import type { RawEvent } from '#sessions';
import { isUuid } from './changes.ts';
import { storableJson } from './storable.ts';

/** An event of an access log, with its place. */
export interface AccessItem {
  readonly event: RawEvent;
  readonly position: bigint;
}

/** Thrown when the checkpoint is not where its writer left it: another process writes, or the records were rebuilt. */
export class AccessCheckpointMovedError extends Error {
  readonly code = 'access_checkpoint_moved';

  constructor() {
    super('The checkpoint of the access records was moved by another writer.');
  }
}

type Database = Pick<Pool | PoolClient, 'query'>;

/** The position up to which the access logs are written; null: nothing yet. */
export async function accessCheckpoint(database: Database): Promise<bigint | null> {
  const { rows } = await database.query<{ position: string | null }>(
    'SELECT position FROM access_checkpoint',
  );
  const position = rows[0]?.position ?? null;
  return position === null ? null : BigInt(position);
}

/**
 * Writes records and checkpoint in one statement. An existing record stays: two nodes may have added it.
 * @throws AccessCheckpointMovedError when the checkpoint is not `from`
 */
export async function writeAccessRecords(
  database: Database,
  items: readonly AccessItem[],
  { from, to }: { from: bigint | null; to: bigint | null },
): Promise<void> {
  const records = [
    ...firstOfEach(
      items.map(({ event }) => recordOf(event)).filter((record) => record !== undefined),
    ).values(),
  ];
  const { rows } = await database.query<{ moved: boolean }>(
    `WITH moved AS (
       UPDATE access_checkpoint SET position = $3 WHERE position IS NOT DISTINCT FROM $2 RETURNING true AS moved
     ), given AS (
       SELECT * FROM moved, jsonb_to_recordset($1) AS r (event_id uuid, at timestamptz, kind text,
         role text, subject text, instance text, action text, session_ids text[], session_partners text[], purpose text, what text,
         correlation_id text, partner_ids text[])
     ), added AS (
       INSERT INTO access_record (event_id, at, kind, role, subject, instance, action, session_ids, session_partners, purpose,
         what, correlation_id)
       SELECT event_id, at, kind, role, subject, instance, action, session_ids, session_partners, purpose, what, correlation_id
       FROM given
       ON CONFLICT DO NOTHING RETURNING event_id
     ), partners AS (
       INSERT INTO access_record_partner (partner_id, at, event_id)
       SELECT DISTINCT p, at, event_id FROM given JOIN added USING (event_id), unnest(partner_ids) AS p
       ON CONFLICT DO NOTHING
     )
     SELECT moved FROM moved`,
    [storableJson(records), from, to],
  );
  if (rows.length === 0) throw new AccessCheckpointMovedError();
}

/** Records by their event id: of two that nodes added twice, the first. */
function firstOfEach(records: readonly JsonObject[]): ReadonlyMap<Json | undefined, JsonObject> {
  return new Map(records.toReversed().map((record) => [record['event_id'], record]));
}

/** Deletes all records and restarts at the start of the log. Call it in a transaction that writes them again. */
export async function clearAccessRecords(client: PoolClient): Promise<void> {
  // Locks out other writers first.
  await client.query('UPDATE access_checkpoint SET position = NULL');
  await client.query('DELETE FROM access_record');
}

/** The row of an event; undefined: not an access event of ours. */
function recordOf({ event_id, type, data, metadata }: RawEvent): JsonObject | undefined {
  if (!isAccessEventType(type) || !isUuid(event_id)) return undefined;
  const { role, subject, action } = data;
  const { occurred_at, $correlationId } = metadata;
  if (![role, subject, action].every(isText) || !isTime(occurred_at)) return undefined;
  const kind = type === 'AdminActed' ? 'act' : 'read';
  const { instance = null, purpose = null, what = null } = data;
  const session_ids = texts(data['session_ids']);
  const session_partners = partnersOf(session_ids, data['session_partners']);
  const lists = { partner_ids: texts(data['partner_ids']), session_ids, session_partners };
  const correlation_id = isText($correlationId) ? $correlationId : event_id;
  const who = { role, subject, instance, action, purpose, what } as JsonObject;
  return { event_id, at: occurred_at, kind, correlation_id, ...who, ...lists };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is string {
  return isText(value) && /^\d{4}-/.test(value) && !Number.isNaN(Date.parse(value));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

/** The partner of each session; null: the record does not say. */
function partnersOf(sessionIds: readonly string[], value: unknown): (string | null)[] | null {
  const isWhole = Array.isArray(value) && value.length === sessionIds.length;
  return isWhole ? value.map((item: unknown) => (isText(item) ? item : null)) : null;
}
