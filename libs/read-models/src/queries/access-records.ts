import type { AccessEvent } from '#domain';
import { withinBytes } from '#platform';
import type { Page } from './conditions.ts';
import { Conditions } from './conditions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { isoTime } from './iso-time.ts';
import type { Queryable } from './queryable.ts';

/** An event of an access log, as a row. */
export type AccessRecord = Omit<AccessEvent['data'], 'session_partners'> & {
  /** The partner of each session; null: all are of the only partner, or unknown. */
  readonly session_partners: readonly (string | null)[] | null;
  readonly event_id: string;
  readonly at: string;
  readonly kind: 'read' | 'act';
  readonly correlation_id: string;
};

interface AccessFilter {
  readonly partner_id?: string | undefined;
  /** Only entries about any of these partners, shown without the other partners that they name. */
  readonly partners?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  /** Only those since this time (ISO 8601), whatever the period. */
  readonly since?: string | undefined;
  /** ISO 8601, inclusive. */
  readonly from?: string | undefined;
  /** ISO 8601, exclusive. */
  readonly to?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** The recorded reads and acts, newest first. @throws InvalidCursorError */
export async function listAccess(pool: Queryable, filter: AccessFilter): Promise<Page<AccessRecord>> {
  const { partner_id, partners, subject, since, from, to, limit, after } = filter;
  // The time of a record is also stored with its partner, so that one index has both.
  const at = partner_id === undefined ? 'r.at' : 'p.at';
  const id = partner_id === undefined ? 'r.event_id' : 'p.event_id';
  const conditions = new Conditions()
    .add('p.partner_id = $?', partner_id)
    .add(partner_id === undefined ? ofPartners : 'p.partner_id = ANY($?::text[])', partners)
    .add('r.subject = $?', subject)
    .add(`${at} >= $?`, since)
    .add(`${at} >= $?`, from)
    .add(`${at} < $?`, to);
  if (after !== undefined)
    conditions.add(`(${at}, ${id}) < ($?, $?::uuid)`, ...decodeCursor(after, ['time', 'uuid']));
  const source =
    partner_id === undefined
      ? 'access_record AS r'
      : 'access_record_partner AS p JOIN access_record AS r USING (event_id)';
  const { rows } = await pool.query<AccessRecord>(
    `SELECT r.event_id, ${isoTime('r.at')} AS at, kind, role, subject, instance, action,
       ARRAY(SELECT partner_id FROM access_record_partner AS a WHERE a.event_id = r.event_id ORDER BY 1) AS partner_ids,
       session_ids, session_partners, purpose, what, correlation_id
     FROM ${source} ${conditions.where()}
     ORDER BY ${at} DESC, ${id} DESC LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = withinBytes(rows.slice(0, limit).map((row) => onlyOf(row, partners)));
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor([last.at, last.event_id]) : null };
}

const ofPartners = `EXISTS (SELECT FROM access_record_partner AS a
  WHERE a.event_id = r.event_id AND a.partner_id = ANY($?::text[]))`;

/** A record without other partners and their sessions, and without those of which it does not say whose they are. */
function onlyOf(record: AccessRecord, partners: readonly string[] | undefined): AccessRecord {
  const partner_ids = record.partner_ids.filter((id) => partners?.includes(id) ?? true);
  const isWhole = partner_ids.length === record.partner_ids.length;
  if (isWhole) return record;
  const { session_ids, session_partners } = record;
  const isOwn = (_: unknown, index: number): boolean => {
    const partner = session_partners?.[index];
    return typeof partner === 'string' && partner_ids.includes(partner);
  };
  return {
    ...record,
    partner_ids,
    session_ids: session_ids.filter(isOwn),
    session_partners: session_partners?.filter(isOwn) ?? null,
  };
}

/**
 * The sessions `s` of a record `r`, seen from one of its partners `p`; `s.partner_id` is null if the record does not say whose
 * the session is.
 */
export const recordedSessions = `unnest(r.session_ids, coalesce(r.session_partners,
  CASE WHEN NOT EXISTS (
    SELECT FROM access_record_partner AS o WHERE o.event_id = p.event_id AND o.partner_id <> p.partner_id
  ) THEN array_fill(p.partner_id, ARRAY[cardinality(r.session_ids)]) END)) AS s (session_id, partner_id)`;

export interface AccessCount {
  readonly subject: string;
  readonly role: string;
  readonly partner_id: string;
  readonly records: number;
  /** Of this partner; null: a record does not say whose its sessions are. */
  readonly sessions: number | null;
  readonly first_at: string;
  readonly last_at: string;
}

interface SummaryFilter {
  /** Only these partners. */
  readonly partners?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Whose data was accessed in a period and by whom: counts for each subject and partner. @throws InvalidCursorError */
export async function summarizeAccess(
  pool: Queryable,
  { partners, since, from, to, limit, after }: SummaryFilter,
): Promise<Page<AccessCount>> {
  const conditions = new Conditions()
    .add('p.at >= $?', since)
    .add('p.at >= $?', from)
    .add('p.at < $?', to)
    .add('p.partner_id = ANY($?::text[])', partners);
  if (after !== undefined)
    conditions.add('(p.partner_id, subject, role) > ($?, $?, $?)', ...decodeCursor(after, texts));
  const { rows } = await pool.query<AccessCount>(
    `SELECT subject, role, p.partner_id, count(DISTINCT event_id)::int AS records,
       CASE WHEN bool_or(s.session_id IS NOT NULL AND s.partner_id IS NULL) THEN NULL
         ELSE count(DISTINCT s.session_id)::int END AS sessions,
       ${isoTime('min(p.at)')} AS first_at, ${isoTime('max(p.at)')} AS last_at
     FROM access_record_partner AS p JOIN access_record AS r USING (event_id)
       LEFT JOIN LATERAL ${recordedSessions} ON s.partner_id IS NULL OR s.partner_id = p.partner_id
     ${conditions.where()}
     GROUP BY p.partner_id, subject, role ORDER BY p.partner_id, subject, role
     LIMIT ${conditions.parameter(limit + 1)}`,
    conditions.values,
  );
  const items = withinBytes(rows.slice(0, limit));
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor([last.partner_id, last.subject, last.role]) : null };
}

const texts = ['text', 'text', 'text'] as const;
