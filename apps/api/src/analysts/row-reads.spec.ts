import { Socket } from 'node:net';
import { beforeEach, expect, test } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { BudgetExceededError } from '#platform';
import type { Role } from '#privacy';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import type { AnalystPool } from './pool.ts';
import type { ReplicaReads } from './replica-reads.ts';
import { RowReads } from './row-reads.ts';

const done = (): void => undefined;
const hung = new Error('Query read timeout');
/** The connections on which PostgreSQL does not answer. */
let silent: Set<'agents' | 'analysts'>;
let queries: number;
let reads: RowReads;
beforeEach(() => {
  silent = new Set();
  queries = 0;
  const query = (of: 'agents' | 'analysts') => async (): Promise<object> => {
    queries += 1;
    if (silent.has(of)) throw hung;
    return { rows: [] };
  };
  const pool = { query: query('agents') } as unknown as Pool;
  const ofAnalysts = { connect: async () => ({ query: query('analysts'), release: done }) };
  const replicas = { pools: undefined } as unknown as ReplicaReads;
  reads = new RowReads(pool, new PostgresBreaker(), ofAnalysts as unknown as AnalystPool, replicas);
});

async function read(role: Role): Promise<void> {
  const request = { caller: { role }, headers: {}, raw: { socket: new Socket() } };
  await reads.run(request as unknown as FastifyRequest, (db) => db.query('select 1'));
}

test.each([
  ['agent', 'agents', 'analyst'],
  ['analyst', 'analysts', 'agent'],
] as const)(
  'after one that PostgreSQL did not answer, reads of the role %s fail without a query, those of others go on',
  async (role, connections, other) => {
    silent.add(connections);
    await expect(read(role)).rejects.toBe(hung);
    await expect(read(role)).rejects.toThrow(BudgetExceededError);
    expect(queries).toBe(1);
    await read(other);
  },
);
