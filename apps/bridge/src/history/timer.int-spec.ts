import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import { HistoryKeys, HistorySigner, lastRoot, parseStatement } from '#sessions';
import { erasureWorld } from '../erasure/test-partner.ts';
import { HistoryTimer } from './timer.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;
const { privateKey } = generateKeyPairSync('ed25519');
const signer = new HistorySigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
const config = { signer, keys: new HistoryKeys([signer.publicKey]) };

beforeAll(async () => {
  world = await erasureWorld();
});
afterAll(() => world.close());

const timer = () => new HistoryTimer(world.store, world.pool, config, createLogger('spec', 'silent'));
const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
/** The number of the last root and the events of its time. */
async function root(): Promise<number> {
  const last = await lastRoot(world.store);
  return last === undefined ? -1 : parseStatement(last).number;
}

test('a day is sealed once, when it is over, by whichever bridge comes first', async () => {
  await world.start(`P-${randomUUID()}`);
  const before = await root();
  const bridges = [timer(), timer()];
  await Promise.all(bridges.map((bridge) => bridge.sealDays(inDays(1))));
  const after = await root();
  expect(after).toBe(before + 1);
  const sealed = await lastRoot(world.store);
  expect(sealed && config.keys.check(sealed)).toBe('valid');
  for (const bridge of bridges) await bridge.sealDays(inDays(1));
  expect(await root()).toBe(after);
});

test('what is stored today waits for the end of the day', async () => {
  const before = await root();
  const bridge = timer();
  await world.start(`P-${randomUUID()}`);
  await bridge.sealDays(inDays(0));
  expect(await root()).toBe(before);
  await bridge.sealDays(inDays(1));
  expect(await root()).toBe(before + 1);
});

test('without a signing key there is nothing to do', async () => {
  const unsigned = { ...config, signer: undefined };
  await new HistoryTimer(world.store, world.pool, unsigned, createLogger('spec', 'silent')).run(
    AbortSignal.abort(),
  );
  expect(await root()).toBeGreaterThanOrEqual(0);
});
