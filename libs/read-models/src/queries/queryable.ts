import type { Pool } from 'pg';

/** What a query is sent to: a pool, or one connection of it. */
export type Queryable = Pick<Pool, 'query'>;
