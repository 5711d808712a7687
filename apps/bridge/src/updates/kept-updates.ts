import { hash } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import { isPartnerId } from '#domain';
import { BlindIndex, DataKeys } from '#privacy';
import { StoredReferences } from '#read-models';
import { BridgeConfig } from '../common/config.ts';
import type { Mention } from '../references/changes.ts';
import { fromContent, toContent } from './kept-content.ts';
import type { AboutUpdate } from './update.ts';
import { orderedAt, referencesIn } from './update.ts';

/** A kept update that concerns a session. */
export interface LateUpdate {
  readonly id: string;
  readonly session_id: string;
  readonly partner_id: string;
  /** Whether it arrived before the session began. */
  readonly before_session: boolean;
}

/** For each reference only this many of the latest updates are recorded late. */
const latestOfReference = 20;
/** Updates deleted by one statement. */
const dropBatch = 1_000;

/** The updates of the last hours, by their references: for sessions that are not in the index yet. */
@Injectable()
export class KeptUpdates {
  private readonly references: StoredReferences;

  constructor(
    private readonly pool: Pool,
    @Inject(BridgeConfig) private readonly config: Pick<BridgeConfig, 'keepUpdatesHours'>,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {
    this.references = new StoredReferences(keys);
  }

  /**
   * Stores updates; resolves when they are committed, with the id of each. A repeated update is kept from then on.
   * @param owners the partners to whom the things of each are known to belong
   */
  async keep(
    updates: readonly AboutUpdate[],
    owners: readonly (readonly string[])[] = [],
  ): Promise<string[]> {
    if (updates.length === 0) return [];
    const keys = await this.identitiesOf(updates);
    // Each once, and always in the same order: otherwise two bridges could deadlock on rows.
    const distinct = [...new Map(updates.map((item, index) => [keys[index] ?? '', item]))].sort(byKey);
    const references = await this.references.written(
      distinct.flatMap(([key, { about }]) => referencesIn(about).map((reference) => ({ key, ...reference }))),
    );
    const concerned = new Map(updates.map((item, n) => [item, item.about.partner ?? onlyOne(owners[n])]));
    const contents = await Promise.all(
      distinct.map(([key, item]) => toContent(this.keys, key, item, concerned.get(item) ?? null)),
    );
    const { rows } = await this.pool.query<{ key: string; id: string }>({
      name: 'turnstream-keep-updates',
      text: `WITH kept AS (
          INSERT INTO kept_update (identity, partner_id, kept_until, content)
          SELECT decode(key, 'hex'), partner_id, now() + $5 * interval '1 hour', content
          FROM unnest($1::text[], $2::text[], $3::text[]) AS u (key, partner_id, content)
          ON CONFLICT (identity) DO UPDATE SET kept_until = excluded.kept_until, content = excluded.content
          RETURNING id, encode(identity, 'hex') AS key, xmax = 0 AS is_new
        ), named AS (
          INSERT INTO kept_update_reference (kind, reference, ordered_at, update_id)
          SELECT r.kind, r.reference, coalesce(u.ordered_at, now()), k.id
          FROM unnest($6::text[], $7::text[], $8::text[]) AS r (key, kind, reference)
          JOIN unnest($1::text[], $4::timestamptz[]) AS u (key, ordered_at) ON u.key = r.key
          JOIN kept AS k ON k.key = r.key AND k.is_new
        )
        SELECT key, id FROM kept`,
      values: [
        distinct.map(([key]) => key),
        distinct.map(([, { about }]) => (isPartnerId(about.partner) ? about.partner : null)),
        contents,
        distinct.map(([, { update }]) => orderedAt(update)),
        this.config.keepUpdatesHours,
        references.map(({ key }) => key),
        references.map(({ kind }) => kind),
        references.map(({ reference }) => reference),
      ],
    });
    const ids = new Map(rows.map(({ key, id }) => [key, id]));
    return keys.map((key) => ids.get(key) ?? '');
  }

  /**
   * The kept updates that concern sessions by their mentions since a position: the latest of each reference, in order
   * of time. A starting session gets those updates of its partner that arrived after its start, and those that no
   * session has recorded. Each of the two has its own index, so that updates of the partner's earlier sessions are not
   * read.
   */
  async findFor(mentions: readonly Mention[], after: bigint | null): Promise<LateUpdate[]> {
    if (mentions.length === 0) return [];
    // An update kept before encryption has its plain form, and so may the mention.
    const forms = (await this.references.forms(mentions)).flatMap(bothWays);
    const { rows } = await this.pool.query<LateUpdate>({
      name: 'turnstream-late-updates',
      text: `SELECT DISTINCT u.ordered_at, u.id, m.session_id, r.partner_id, u.before_session
        FROM unnest($1::uuid[], $2::text[], $3::text[], $6::text[]) AS m (session_id, kind, reference, other)
        JOIN reference_index AS r ON r.kind = m.kind AND r.reference = m.reference
          AND r.session_id = m.session_id AND r.position > $4
        CROSS JOIN LATERAL (
          SELECT n.ordered_at, n.update_id AS id, n.received_at < r.started_at AS before_session
          FROM (
            (SELECT n.* FROM kept_update_reference AS n JOIN kept_update AS k ON k.id = n.update_id
             WHERE r.kind <> 'partner' AND n.kind = r.kind AND n.reference = r.reference AND k.kept_until > now()
               AND (k.partner_id IS NULL OR k.partner_id = r.partner_id)
             ORDER BY n.ordered_at DESC, n.update_id DESC LIMIT $5)
            UNION
            (SELECT n.* FROM kept_update_reference AS n JOIN kept_update AS k ON k.id = n.update_id
             WHERE m.other IS NOT NULL AND n.kind = r.kind AND n.reference = m.other AND k.kept_until > now()
               AND (k.partner_id IS NULL OR k.partner_id = r.partner_id)
             ORDER BY n.ordered_at DESC, n.update_id DESC LIMIT $5)
            UNION
            (SELECT n.* FROM kept_update_reference AS n JOIN kept_update AS k ON k.id = n.update_id
             WHERE r.kind = 'partner' AND n.kind = 'partner' AND n.reference = r.reference AND k.kept_until > now()
               AND NOT n.matched
             ORDER BY n.ordered_at DESC, n.update_id DESC LIMIT $5)
            UNION
            (SELECT n.* FROM kept_update_reference AS n JOIN kept_update AS k ON k.id = n.update_id
             WHERE r.kind = 'partner' AND n.kind = 'partner' AND n.reference = r.reference AND k.kept_until > now()
               AND n.received_at >= r.started_at
             ORDER BY n.received_at DESC LIMIT $5)) AS n
          ORDER BY n.ordered_at DESC, n.update_id DESC LIMIT $5) AS u
        ORDER BY u.ordered_at, u.id`,
      values: [
        forms.map(({ session_id }) => session_id),
        forms.map(({ kind }) => kind),
        forms.map(({ reference }) => reference),
        after ?? -1n,
        latestOfReference,
        forms.map(({ other }) => other),
      ],
    });
    return rows;
  }

  /** A kept update; undefined when it has expired or its key is destroyed. */
  async read(id: string): Promise<AboutUpdate | undefined> {
    const { rows } = await this.pool.query<{ key: string; content: string }>(
      `SELECT encode(identity, 'hex') AS key, content FROM kept_update WHERE id = $1`,
      [id],
    );
    return rows[0] && fromContent(this.keys, rows[0].key, rows[0].content);
  }

  /** Records that a session has recorded an update. */
  async markMatched(id: string): Promise<void> {
    await this.pool.query({
      name: 'turnstream-update-matched',
      text: 'UPDATE kept_update_reference SET matched = true WHERE update_id = $1 AND NOT matched',
      values: [id],
    });
  }

  /** Deletes some of the expired updates; true when there may be more. */
  async dropSome(): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `DELETE FROM kept_update WHERE id IN (SELECT id FROM kept_update WHERE kept_until <= now()
         ORDER BY kept_until LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [dropBatch],
    );
    return rowCount === dropBatch;
  }

  /**
   * The identities of updates, in hexadecimal digits: a keyed hash if there are keys. An update kept before
   * encryption has a plain hash until it expires: the next release need not look for it.
   */
  private async identitiesOf(updates: readonly AboutUpdate[]): Promise<string[]> {
    const plain = updates.map((item) => hash('sha256', nameOf(item)));
    if (!this.keys) return plain;
    const index = await BlindIndex.load(this.keys);
    const { rows } = await this.pool.query<{ key: string }>({
      name: 'turnstream-updates-kept-plain',
      text: `SELECT encode(identity, 'hex') AS key FROM kept_update
        WHERE identity = ANY (ARRAY(SELECT decode(key, 'hex') FROM unnest($1::text[]) AS u (key)))`,
      values: [plain],
    });
    const known = new Set(rows.map(({ key }) => key));
    return updates.map((item, n) => {
      const before = plain[n] ?? '';
      const keyed = Buffer.from(index.of('kept_update', nameOf(item)), 'base64url');
      return known.has(before) ? before : keyed.toString('hex');
    });
  }
}

/** Hashed, since source and id may have characters that PostgreSQL does not allow in texts. */
function nameOf({ update: { system, source_event_id } }: AboutUpdate): string {
  return `${system}\0${source_event_id}`;
}

/** The sealed and the plain form of each mention. */
function bothWays(forms: readonly Mention[]): (Mention & { readonly other: string | null })[] {
  return forms.map((form, n) => ({ ...form, other: forms[1 - n]?.reference ?? null }));
}

/** Null: nobody, or several partners. */
function onlyOne(partners: readonly string[] = []): string | null {
  return (partners.length === 1 ? partners[0] : undefined) ?? null;
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
