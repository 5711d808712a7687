import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { OpenInquiry } from '#domain';
import { aboutOf } from '#domain';
import { Config } from '#platform';
import { ownersOf } from '#read-models';
import { PostgresBreaker } from '../common/postgres-breaker.ts';

/** To whom the orders, payouts and shipments belong that inquiries are about. */
@Injectable()
export class Owners {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly config: Config,
  ) {}

  /**
   * The partners whom events have named with what is asked about, and those who are asked about themselves; none where
   * questions about anything are allowed.
   */
  async of({ subject, declared }: Pick<OpenInquiry, 'subject' | 'declared'>): Promise<readonly string[]> {
    if (this.config.foreignReferences === 'allow') return [];
    const { partner, ...about } = aboutOf({ subject, declared });
    const themselves = partner === undefined ? [] : [partner];
    const references = Object.entries(about).map(([kind, reference]) => ({ kind, reference }));
    if (references.length === 0) return themselves;
    const owners = await this.breaker.run(() => ownersOf(this.pool, references));
    return [...themselves, ...owners.map(({ partner_id }) => partner_id)];
  }
}
