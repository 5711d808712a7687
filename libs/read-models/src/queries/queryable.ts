import type { Pool } from 'pg';

/** Runs queries: a pool, or one of its connections. */
export type Queryable = Pick<Pool, 'query'>;
