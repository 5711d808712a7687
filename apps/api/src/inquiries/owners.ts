import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { OpenInquiry } from '#domain';
import { aboutOf } from '#domain';
import { Config } from '#platform';
import { DataKeys } from '#privacy';
import { ownersOf, StoredReferences } from '#read-models';
import { PostgresBreaker } from '../common/postgres-breaker.ts';

/** The partners of the orders, payouts and shipments that inquiries are about. */
@Injectable()
export class Owners {
  private readonly references: StoredReferences;

  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly config: Config,
    @Optional() @Inject(DataKeys) keys?: DataKeys,
  ) {
    this.references = new StoredReferences(keys);
  }

  /**
   * The partners that events have named with the subject of an inquiry, and the partners that it names itself; none
   * if the ownership of references is not checked.
   */
  async of({ subject, declared }: Pick<OpenInquiry, 'subject' | 'declared'>): Promise<readonly string[]> {
    if (this.config.foreignReferences === 'allow') return [];
    const { partner, ...about } = aboutOf({ subject, declared });
    const themselves = partner === undefined ? [] : [partner];
    const references = Object.entries(about).map(([kind, reference]) => ({ kind, reference }));
    if (references.length === 0) return themselves;
    const forms = (await this.references.forms(references)).flat();
    const owners = await this.breaker.run(() => ownersOf(this.pool, forms));
    return [...themselves, ...owners.map(({ partner_id }) => partner_id)];
  }
}
