import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StreamReport } from '#sessions';
import { HistoryKeys, Roots, verifySession } from '#sessions';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { ErasedSessions } from '../erasure/erased-sessions.ts';
import { erasureWorld } from '../erasure/test-partner.ts';
import { runRetention } from '../retention/retention.ts';
import { newSigner } from '../../../../libs/sessions/src/test-support.ts';

let sealed: Awaited<ReturnType<typeof erasureWorld>>;
let plain: Awaited<ReturnType<typeof erasureWorld>>;
const signer = newSigner();
const keys = new HistoryKeys([signer.publicKey]);
const noKeys = new HistoryKeys([]);

beforeAll(async () => {
  [sealed, plain] = await Promise.all([erasureWorld(testDataKeys()), erasureWorld()]);
});
afterAll(() => Promise.all([sealed.close(), plain.close()]));

async function report(id: string, known = keys): Promise<StreamReport | undefined> {
  return verifySession(plain.store, id, await Roots.read(plain.store, noKeys), known);
}

test('removals by the retention are recorded and signed', async () => {
  const id = await sealed.start(`P-${randomUUID()}`);
  await sealed.execute(id, { type: 'EndSession', reason: null });
  await sealed.project(id);
  const policy = { sessionsDays: 10, partnersDays: 0, accessDays: 0, floorDays: 0 };
  const now = new Date(Date.now() + 11 * 86_400_000);
  await runRetention({ ...sealed, policy, apply: true, signer, now });
  expect(await report(id)).toMatchObject({
    intact: true,
    events: 0,
    gaps: [{ kind: 'deleted', from: 0, reason: 'retention' }],
  });
  const stranger = newSigner();
  expect(await report(id, new HistoryKeys([stranger.publicKey]))).toBeUndefined();
});

test('an erasure leaves a history that can be verified: with keys whole, without keys from its last event on', async () => {
  for (const [world, events, gaps] of [
    [sealed, 3, []],
    [plain, 1, [{ kind: 'truncated', from: 0, to: 1, reason: 'erasure' }]],
  ] as const) {
    const partner = `P-${randomUUID()}`;
    const id = await world.start(partner);
    const erased = new ErasedSessions(world.store, world.commands, partner, randomUUID(), signer);
    await erased.end([id]);
    expect(await report(id)).toMatchObject({ intact: true, events, revision: 2, gaps });
  }
});
