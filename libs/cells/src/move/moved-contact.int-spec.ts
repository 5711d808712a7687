import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import { lastContact } from '#read-models';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase, serviceUrl } from '../../../platform/src/testing/test-services.ts';
import { CellDirectory } from '../directory.ts';
import { movePartner } from './move.ts';
import type { TestCell } from './test-cells.ts';
import { Client, openCell } from './test-cells.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-contact-'));
const names = ['a', 'b'] as const;
let databases: TestDatabase[];
let servers: EmbeddedStore[];
let cells: TestCell[];

beforeAll(async () => {
  databases = [await createTestDatabase(), await createTestDatabase()];
  servers = await Promise.all(names.map((name) => startEventStore({ dir: join(dir, name) })));
  cells = names.map((name, n) => {
    const [server, database] = [servers[n], databases[n]];
    if (server === undefined || database === undefined) throw new Error('There is no such cell.');
    return openCell(name, server.connectionString, database.pool, serviceUrl('REDIS_URL'));
  });
});
afterAll(async () => {
  await Promise.all(cells.map((cell) => cell.stop()));
  await Promise.all(servers.map((server) => server.stop()));
  for (const database of databases) await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

test('the contact of a partner whose sessions the retention has deleted moves to the other cell', async () => {
  const [a, b] = cells;
  if (a === undefined || b === undefined) throw new Error('There are no cells.');
  const directory = new CellDirectory(a.pool);
  for (const name of names) await directory.setCell({ name, url: `http://${name}` });
  const partner_id = `P-${randomUUID()}`;
  await new Client([a, b]).start(partner_id);
  const at = '2025-01-01T00:00:00.000Z';
  await a.pool.query('INSERT INTO partner_retention (partner_id, seen_at) VALUES ($1, $2)', [partner_id, at]);
  await movePartner(directory, await directory.begin(partner_id, 'b'), [a, b]);
  expect(await lastContact(b.pool, partner_id)).toEqual({ at, active: false });
  expect(await lastContact(a.pool, partner_id)).toBeNull();
});
