import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { JsonObject } from '#domain';
import { Config } from '#platform';
import { ownersOf } from '#read-models';
import { PostgresBreaker } from '../common/postgres-breaker.ts';

/** What the fields of a subject name. */
const kinds: { readonly [field: string]: string } = {
  order_id: 'order',
  payout_id: 'payout',
  tracking_id: 'tracking',
};

/** To whom the orders, payouts and shipments belong that inquiries are about. */
@Injectable()
export class Owners {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly config: Config,
  ) {}

  /** The partners whom events have named with what a subject names; none where questions about anything are allowed. */
  async of(subject: JsonObject): Promise<readonly string[]> {
    if (this.config.foreignReferences === 'allow') return [];
    const references = Object.entries(subject).flatMap(([field, reference]) => {
      const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined;
      return kind !== undefined && typeof reference === 'string' ? [{ kind, reference }] : [];
    });
    const owners = await this.breaker.run(() => ownersOf(this.pool, references));
    return owners.map(({ partner_id }) => partner_id);
  }
}
