import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import { createLogger } from '#platform';
import { CommandExecutor, EventStore, HistoryKeys, lastRoot, parseStatement } from '#sessions';
import { createDatabase } from '../../../../libs/read-models/src/test-support.ts';
import { noCache, newSigner, request, startSession } from '../../../../libs/sessions/src/test-support.ts';
import { HistoryTimer } from './timer.ts';

// A separate store: other specs have sessions that must not be in the roots.
const dir = mkdtempSync(join(tmpdir(), 'turnstream-roots-'));
let embedded: EmbeddedStore;
let store: EventStore;
let database: Awaited<ReturnType<typeof createDatabase>>;
const signer = newSigner();
const config = { signer, keys: new HistoryKeys([signer.publicKey]) };

beforeAll(async () => {
  embedded = await startEventStore({ dir });
  store = new EventStore(embedded.connectionString);
  database = await createDatabase();
});
afterAll(async () => {
  await store.dispose();
  await embedded.stop();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const start = () => new CommandExecutor(store, noCache).execute(request(randomUUID(), startSession));

const timer = () => new HistoryTimer(store, database.pool, config, createLogger('spec', 'silent'));
const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
/** The number of the last root and the events that it covers. */
async function root(): Promise<number> {
  const last = await lastRoot(store);
  return last === undefined ? -1 : parseStatement(last).number;
}

test('a day is sealed once, when it is over, by whichever bridge comes first', async () => {
  await start();
  const before = await root();
  const bridges = [timer(), timer()];
  await Promise.all(bridges.map((bridge) => bridge.sealDays(inDays(1))));
  const after = await root();
  expect(after).toBe(before + 1);
  const sealed = await lastRoot(store);
  expect(sealed && config.keys.check(sealed)).toBe('valid');
  for (const bridge of bridges) await bridge.sealDays(inDays(1));
  expect(await root()).toBe(after);
});

test('events of today wait for the end of the day', async () => {
  const before = await root();
  const bridge = timer();
  await start();
  await bridge.sealDays(inDays(0));
  expect(await root()).toBe(before);
  await bridge.sealDays(inDays(1));
  expect(await root()).toBe(before + 1);
});

test('without a signing key there is nothing to do', async () => {
  const unsigned = { ...config, signer: undefined };
  await new HistoryTimer(store, database.pool, unsigned, createLogger('spec', 'silent')).run(
    AbortSignal.abort(),
  );
  expect(await root()).toBeGreaterThanOrEqual(0);
});
