import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import { DataKeys } from '#privacy';
import type { Addressees, SessionPage } from '#read-models';
import { sessionsConcerned, StoredReferences } from '#read-models';

/** Sessions found by one query. */
const pageSize = 100;

/** Finds the sessions that updates concern in the index, page by page. */
@Injectable()
export class SessionFinder {
  private readonly references: StoredReferences;

  constructor(
    private readonly pool: Pool,
    @Optional() @Inject(DataKeys) keys?: DataKeys,
  ) {
    this.references = new StoredReferences(keys);
  }

  /** The first page of sessions for each of several updates. */
  async first(all: readonly Addressees[]): Promise<SessionPage[]> {
    return sessionsConcerned(this.pool, await this.stored(all), pageSize);
  }

  /** The sessions of an update after a page; undefined: there are no more. */
  async next(addressees: Addressees, { next }: SessionPage): Promise<SessionPage | undefined> {
    if (next === undefined) return undefined;
    const [page] = await sessionsConcerned(this.pool, await this.stored([addressees]), pageSize, next);
    return page;
  }

  private stored(all: readonly Addressees[]): Promise<Addressees[]> {
    return Promise.all(
      all.map(async ({ references, partner }) => ({
        references: (await this.references.forms(references)).flat(),
        partner,
      })),
    );
  }
}
