import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { BrokenSealError, erased, keyIdOf, open, tokenOf, typeOfToken, UnknownKeyError } from '#privacy';
import { tokenPlace } from '#sessions';
import { recordedSessions } from '../queries/access-records.ts';
import { keptUpdatesOf, openKeptUpdate } from '../queries/kept-updates.ts';
import type { StoredToken } from '../queries/tokens.ts';
import { storedTokens } from '../queries/tokens.ts';
import type { Problems } from './problems.ts';
import { reasonOf } from './problems.ts';

interface RowPorts {
  readonly pool: Pool;
  readonly keys: DataKeys | undefined;
}

const page = 500;

/** The values of the partner's tokens; null: it cannot be opened. */
export async function* tokensJson(
  { pool, keys }: RowPorts,
  partnerId: string,
  problems: Problems,
  activeSince?: string,
): AsyncGenerator<string> {
  yield* listOf(async function* opened() {
    for (const stored of await storedTokens(pool, partnerId, undefined, activeSince)) {
      const token = await openToken(keys, stored).catch((error: unknown) => {
        const { token: stem, type } = stored;
        const problem = reasonOf(error);
        problems.add('tokens.json', `the value of ${stem} cannot be opened: ${problem}`);
        return { token: stem, type, value: null, problem };
      });
      if (token !== undefined) yield token;
    }
  });
}

/** Undefined: the key is destroyed. @throws BrokenSealError, UnknownKeyError, KeyStoreUnavailableError */
async function openToken(keys: DataKeys | undefined, stored: StoredToken): Promise<object | undefined> {
  const { token: stem, session_id, event_id, sealed } = stored;
  const place = tokenPlace(session_id, event_id, stem);
  const keyId = keyIdOf(sealed);
  const type = typeOfToken(stem);
  if (keyId === undefined || type === undefined) throw new BrokenSealError(place);
  if (keys === undefined) throw new UnknownKeyError(keyId);
  const key = await keys.byId(keyId);
  if (key === erased) return undefined;
  const value = open(key, place, sealed) as string;
  return { token: tokenOf(key, type, value), type, value };
}

/** Updates of other systems that name the partner and are kept for future sessions. */
export async function* keptUpdatesJson(
  { pool, keys }: RowPorts,
  partnerId: string,
  problems: Problems,
): AsyncGenerator<string> {
  yield* listOf(async function* opened() {
    for (let after: string | undefined = '0'; after !== undefined;) {
      const updates = await keptUpdatesOf(pool, partnerId, after, page);
      for (const update of updates) {
        const content = await contentOf(keys, update).catch((error: unknown) => {
          const problem = reasonOf(error);
          problems.add('kept-updates.json', `update ${update.id} cannot be opened: ${problem}`);
          return { problem };
        });
        if (content !== undefined) yield content;
      }
      after = updates.at(page - 1)?.id;
    }
  });
}

/** Undefined: the key is destroyed. @throws BrokenSealError, UnknownKeyError, SyntaxError, KeyStoreUnavailableError */
async function contentOf(
  keys: DataKeys | undefined,
  update: { readonly identity: string; readonly content: string },
): Promise<object | undefined> {
  const keyId = keyIdOf(update.content);
  if (keys === undefined && keyId !== undefined) throw new UnknownKeyError(keyId);
  const content = await openKeptUpdate(keys, update);
  return content === undefined ? undefined : (JSON.parse(content) as object);
}

/** The sessions of the partner: those of others, and those of which the record does not say whose they are, are left out. */
const ownSessions = `ARRAY(SELECT s.session_id FROM ${recordedSessions} WHERE s.partner_id = p.partner_id)`;

/** The records of the access log. */
export async function* accessJson(
  { pool }: RowPorts,
  partnerId: string,
  since = '-infinity',
): AsyncGenerator<string> {
  yield* listOf(async function* records() {
    let after = { at: since, event_id: '00000000-0000-0000-0000-000000000000' };
    for (let count = page; count === page;) {
      const { rows } = await pool.query<{ at: string; event_id: string; record: object }>(
        `SELECT p.at::text AS at, p.event_id,
           (to_jsonb(r) - 'session_partners') || jsonb_build_object('session_ids', ${ownSessions}) AS record
         FROM access_record_partner AS p
         JOIN access_record AS r ON r.event_id = p.event_id
         WHERE p.partner_id = $1 AND (p.at, p.event_id) > ($2::timestamptz, $3::uuid)
         ORDER BY p.at, p.event_id LIMIT $4`,
        [partnerId, after.at, after.event_id, page],
      );
      for (const { record } of rows) yield record;
      count = rows.length;
      after = rows.at(-1) ?? after;
    }
  });
}

/** A JSON list, one item a line. */
async function* listOf(items: () => AsyncIterable<object>): AsyncGenerator<string> {
  yield '[';
  let separator = '\n';
  for await (const item of items()) {
    yield separator + JSON.stringify(item);
    separator = ',\n';
  }
  yield '\n]\n';
}
