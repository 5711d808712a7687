import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Addressees, SessionPage } from '#read-models';
import { sessionsConcerned } from '#read-models';

/** Sessions that are found with one query. */
const pageSize = 100;

/** Finds in the index the sessions that updates concern, some at a time. */
@Injectable()
export class SessionFinder {
  constructor(private readonly pool: Pool) {}

  /** The first sessions of each of several updates. */
  first(all: readonly Addressees[]): Promise<SessionPage[]> {
    return sessionsConcerned(this.pool, all, pageSize);
  }

  /** The sessions of an update after a page; undefined: there are no more. */
  async next(addressees: Addressees, { next }: SessionPage): Promise<SessionPage | undefined> {
    if (next === undefined) return undefined;
    const [page] = await sessionsConcerned(this.pool, [addressees], pageSize, next);
    return page;
  }
}
