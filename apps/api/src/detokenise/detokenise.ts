import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { Caller, DataKey, PersonalType } from '#privacy';
import { DataKeys, erased, keyIdOf, open, readableSince, stemOf, tokenOf, typeOfToken } from '#privacy';
import type { StoredToken } from '#read-models';
import { storedTokens } from '#read-models';
import { AccessLog, tokenPlace } from '#sessions';
import { PostgresBreaker } from '../common/postgres-breaker.ts';

interface Shown {
  readonly token: string;
  readonly type: PersonalType;
  readonly value: string;
}

interface Detokenised {
  readonly values: readonly Shown[];
  /** Tokens that do not belong to the partner, or whose value was erased. */
  readonly unknown: readonly string[];
}

/** Resolves tokens, and records who saw the values. */
@Injectable()
export class Detokeniser {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly log: AccessLog,
    @Optional() @Inject(DataKeys) private readonly keys: DataKeys | undefined,
  ) {}

  /** @throws StoreUnavailableError, KeyStoreUnavailableError: nothing is shown */
  async show(
    caller: Caller,
    partner_id: string,
    tokens: readonly string[],
    purpose: string,
  ): Promise<Detokenised> {
    const wanted = [...new Set(tokens)];
    const stored = await this.stored(partner_id, wanted, readableSince(caller.readDays?.sessions));
    const values: Shown[] = [];
    for (const token of wanted) {
      const found = stored.get(stemOf(token));
      const shown = found && (await this.open(partner_id, token, found));
      if (shown) values.push(shown);
    }
    const known = new Set(values.map(({ token }) => token));
    if (values.length > 0) {
      const what = [...new Set(values.map(({ type }) => type))].toSorted().join(', ');
      const act = { caller, action: 'detokenise', partner_ids: [partner_id], session_ids: [] };
      await this.log.record({ ...act, purpose, what });
    }
    return { values, unknown: wanted.filter((token) => !known.has(token)) };
  }

  private async stored(
    partnerId: string,
    tokens: readonly string[],
    activeSince: string | undefined,
  ): Promise<Map<string, StoredToken>> {
    const stems = tokens.filter((token) => typeOfToken(token) !== undefined).map(stemOf);
    if (stems.length === 0 || this.keys === undefined) return new Map();
    const rows = await this.breaker.run(() => storedTokens(this.pool, partnerId, stems, activeSince));
    return new Map(rows.map((row) => [row.token, row]));
  }

  private async open(partnerId: string, token: string, stored: StoredToken): Promise<Shown | undefined> {
    const key = await this.keys?.byId(keyIdOf(stored.sealed) ?? '');
    if (key === undefined || key === erased || key.partner_id !== partnerId) return undefined;
    const type = typeOfToken(token);
    const value = open(key, tokenPlace(stored.session_id, stored.event_id, token), stored.sealed);
    return type !== undefined && isTokenOf(key, type, value, token) ? { token, type, value } : undefined;
  }
}

/** The digits at the end of a token are not stored: they must match those of the value. */
function isTokenOf(key: DataKey, type: PersonalType, value: unknown, token: string): value is string {
  return typeof value === 'string' && tokenOf(key, type, value) === token;
}
