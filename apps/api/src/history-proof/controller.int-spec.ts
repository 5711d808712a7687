import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JSONType } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import { DevelopmentIssuer } from '#privacy';
import { accessStream, HistorySigner, lastRoot, sealHistory, sessionStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-proofs-'));
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const signer = new HistorySigner(pem);
const authorizations: Record<string, string> = {};
const purpose = { 'access-purpose': 'complaint:4711' };
let embedded: EmbeddedStore;
let app: TestApp;
let id: string;

async function call(role: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return app.call('GET', path, undefined, { authorization: authorizations[role] ?? '', ...headers });
}

const verified = (of: string) => call('analyst', `/v1/sessions/${of}/verification`);
const service = () => ({ authorization: authorizations['service'] ?? '' });

beforeAll(async () => {
  writeFileSync(join(dir, 'key.pem'), pem);
  process.env['HISTORY_SIGNING_KEY'] = `file:${join(dir, 'key.pem')}`;
  const issuer = await DevelopmentIssuer.in(dir);
  for (const role of ['service', 'analyst', 'auditor'] as const)
    authorizations[role] = `Bearer ${await issuer.token({ role, sub: `${role}-proof` })}`;
  embedded = await startEventStore({ dir: join(dir, 'store') });
  app = await startTestApp({ issuer, eventStoreUrl: embedded.connectionString });
  delete process.env['HISTORY_SIGNING_KEY'];
  const authorization = authorizations['service'] ?? '';
  const start = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'hi' };
  const started = await app.call('POST', '/v1/sessions', start, { authorization });
  id = String(started.body['session_id']);
  await app.call('PUT', `/v1/sessions/${id}/flags/vip`, { value: true }, { authorization });
});
afterAll(async () => {
  await app.close();
  await embedded.stop();
  rmSync(dir, { recursive: true });
});

test('an unchanged history is intact', async () => {
  const { status, body } = await call('analyst', `/v1/sessions/${id}/verification`);
  expect([status, body]).toMatchObject([
    200,
    { intact: true, events: 2, revision: 1, faults: [], root_faults: [], gaps: [] },
  ]);
  expect((await call('analyst', `/v1/sessions/${randomUUID()}/verification`)).status).toBe(404);
});

test('an event has a proof once it is sealed, and each proof is recorded', async () => {
  const path = `/v1/sessions/${id}/proof?revision=1`;
  expect((await call('auditor', path)).status).toBe(400);
  expect(await call('auditor', path, purpose)).toMatchObject({ status: 409, body: { reason: 'not_sealed' } });
  await sealHistory(app.store, { signer });
  const { status, body } = await call('auditor', path, purpose);
  expect([status, body]).toMatchObject([
    200,
    { stream: sessionStream(id), revision: 1, event: { type: 'FlagRaised' }, root: { key_id: signer.keyId } },
  ]);
  const records = await Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
  expect(records).toContainEqual(
    expect.objectContaining({ action: 'prove_event', session_ids: [id], purpose: 'complaint:4711' }),
  );
});

test.each(['x', '-1', '1.5', ''])('an invalid revision is refused: %s', async (revision) => {
  expect((await call('auditor', `/v1/sessions/${id}/proof?revision=${revision}`, purpose)).status).toBe(400);
});

test('a missing event has no proof', async () => {
  expect((await call('auditor', `/v1/sessions/${id}/proof?revision=7`, purpose)).status).toBe(404);
});

test('a history is not intact where a root that cannot be verified may cover it', async () => {
  const root = await lastRoot(app.store);
  const { statement, leaves_stream, pages } = root as NonNullable<typeof root>;
  const next = JSON.stringify({ ...(JSON.parse(statement) as object), number: 1 });
  const data = { ...signer.sign(statement), statement: next, leaves_stream, pages } as unknown as JSONType;
  const event = {
    id: randomUUID(),
    type: 'HistoryRootSealed',
    contentType: 'application/json',
    data,
  } as const;
  await app.store.append('history-roots', [{ ...event, metadata: {} }], 0);
  expect(await verified(id)).toMatchObject({
    status: 200,
    body: {
      intact: false,
      sealed_to: 1,
      faults: [],
      root_faults: [{ number: 1, kind: 'signature', detail: 'Its signature: invalid.' }],
    },
  });
  expect((await verified(randomUUID())).status).toBe(404);

  await app.call('PUT', `/v1/sessions/${id}/flags/vip`, { value: false }, service());
  await sealHistory(app.store, { signer });
  const start = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'hi' };
  const { body } = await app.call('POST', '/v1/sessions', start, service());
  expect(await verified(String(body['session_id']))).toMatchObject({
    body: { intact: true, root_faults: [] },
  });
  expect(await verified(id)).toMatchObject({ body: { intact: false, sealed_to: 2 } });
});
