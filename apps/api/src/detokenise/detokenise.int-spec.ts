import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import { DataKeys, openKeyStore, openMasterKeys, tokenOf, withNewKey } from '#privacy';
import { RowsStore } from '#read-models';
import { accessStream, readEvents } from '#sessions';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
const partner_id = `P-${randomUUID()}`;
const other = `P-${randomUUID()}`;
const asked = {
  message_text: 'Call 98765 43210 or pay asha@okaxis',
  extracted_entities: { phone: '9876543210', month: 'October' },
};
let app: TestApp;
let keys: DataKeys;
let id: string;
let phone: string;

beforeAll(async () => {
  const file = join(folder, 'master.json');
  writeFileSync(file, JSON.stringify(withNewKey(undefined, new Date())), { mode: 0o600 });
  const address = { KEYSTORE_URL: `file:${join(folder, 'keys.db')}`, MASTER_KEYS: `file:${file}` };
  Object.assign(process.env, address);
  app = await startTestApp({ env: { READ_SESSIONS_DAYS: 'service:30' } });
  for (const name of Object.keys(address)) delete process.env[name];
  const store = openKeyStore(address.KEYSTORE_URL, createLogger('spec', 'silent'));
  keys = new DataKeys(store, openMasterKeys(address.MASTER_KEYS));
  id = await app.start({ partner_id });
  await app.start({ partner_id: other });
  await app.call('POST', `/v1/sessions/${id}/turns`, { sender: 'user', ...asked });
  phone = tokenOf(await keys.of(partner_id), 'phone', '+919876543210');
  await project();
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** Simulates the projector. */
async function project(): Promise<void> {
  const events = await Array.fromAsync(readEvents(app.store, id));
  const items = events.map((event) => ({ session_id: id, event, position: 1n }));
  const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
  await new RowsStore(app.pool, { textSearch: 'off', keys, rebuilding: true }).write(writer, items, 1n, null);
}

function detokenise(tokens: readonly string[], partner = partner_id) {
  return app.call('POST', `/v1/partners/${partner}/detokenise`, { tokens, purpose: 'refund:4711' });
}

async function recorded(): Promise<unknown[]> {
  const events = await Array.fromAsync(app.store.read(accessStream(new Date())));
  return events.map(({ data }) => data).filter((data) => JSON.stringify(data).includes(partner_id));
}

test('sent values are stored only as tokens, sealed values and hashes', async () => {
  const events = await Array.fromAsync(app.store.read(`session-${id}`));
  const rows = await app.pool.query(
    `SELECT p::text AS text FROM personal_token AS p WHERE partner_id = $1
     UNION ALL SELECT e::text FROM turn_entity AS e WHERE partner_id = $1`,
    [partner_id],
  );
  // Two tokens with their values, three searchable values of entities or texts, and the tokens themselves.
  expect(rows.rows.length).toBe(6);
  const stored = JSON.stringify([events.map(({ data, metadata }) => [data, metadata]), rows.rows]);
  for (const secret of ['43210', '_3210', 'asha', 'okaxis', 'October', 'october'])
    expect(stored).not.toContain(secret);
});

test('an agent reads tokens, the same one for the same value', async () => {
  const { body } = await app.call('GET', `/v1/sessions/${id}/events`);
  const text = JSON.stringify(body);
  expect(text.split(phone)).toHaveLength(3);
  expect(text).not.toContain('43210');
});

test('a token shows its value, after the read and its purpose are recorded', async () => {
  const { status, body, headers } = await detokenise([phone, phone]);
  expect({ status, body }).toEqual({
    status: 200,
    body: { partner_id, values: [{ token: phone, type: 'phone', value: '+919876543210' }], unknown: [] },
  });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(await recorded()).toEqual([
    expect.objectContaining({
      action: 'detokenise',
      partner_ids: [partner_id],
      purpose: 'refund:4711',
      what: 'phone',
    }),
  ]);
});

test.each([
  ['of another partner', () => detokenise([phone], other)],
  ['with other digits', () => detokenise([phone.replace(/\d{4}$/, '0000')])],
  ['that nobody made', () => detokenise(['tok_phone_aaaaaaaaaaaaaaaaaaaaaaaa_3210', '9876543210'])],
])('a token %s is unknown', async (_, call) => {
  const { status, body } = await call();
  expect({ status, values: body['values'] }).toEqual({ status: 200, values: [] });
  expect(body['unknown']).not.toEqual([]);
});

test.each([
  ['without a purpose', { tokens: ['a'] }],
  ['without tokens', { tokens: [], purpose: 'refund' }],
  ['with 101 tokens', { tokens: Array.from({ length: 101 }, String), purpose: 'refund' }],
])('a call %s is refused', async (_, body) => {
  expect(await app.call('POST', `/v1/partners/${partner_id}/detokenise`, body)).toMatchObject({
    status: 400,
  });
});

test.each([
  ['any value', { entity: { name: 'month', value: 'october' } }, 1],
  [
    'a personal value, with its partner',
    { entity: { name: 'phone', value: '+91 98765 43210' }, partner_id },
    1,
  ],
  [
    'a personal value of another partner',
    { entity: { name: 'phone', value: '9876543210' }, partner_id: other },
    0,
  ],
  ['a value of an entity with another name', { entity: { name: 'week', value: 'October' } }, 0],
  ['a value before a time', { entity: { name: 'month', value: 'October' }, to: '2020-01-01T00:00:00Z' }, 0],
])('turns are found by %s', async (_, query, count) => {
  const { status, body } = await app.call('POST', '/v1/turns/search', query);
  expect({ status, body }).toMatchObject({ status: 200 });
  expect(
    (body['items'] as { session_id: string }[]).filter(({ session_id }) => session_id === id),
  ).toHaveLength(count);
});

test('an entity without a value is refused', async () => {
  expect(await app.call('POST', '/v1/turns/search', { entity: { name: 'month' } })).toMatchObject({
    status: 400,
  });
});

test.each([
  [31, { values: [], unknown: ['phone'] }],
  [29, { values: [{ token: 'phone' }], unknown: [] }],
])(
  'a role that reads 30 days reads tokens of a session that ended %i days ago as %j',
  async (days, shown) => {
    await app.pool.query(
      `UPDATE conversation_session SET status = 'ended', last_activity_time = now() - make_interval(days => $2)
     WHERE session_id = $1`,
      [id, days],
    );
    const { body } = await detokenise([phone]);
    expect(JSON.parse(JSON.stringify(body).replaceAll(phone, 'phone'))).toMatchObject(shown);
  },
);

test('a value copied to another partner is not shown', async () => {
  expect((await detokenise([phone])).body['values']).toHaveLength(1);
  await app.pool.query('UPDATE personal_token SET partner_id = $2 WHERE partner_id = $1', [
    partner_id,
    other,
  ]);
  expect((await detokenise([phone], other)).body['values']).toEqual([]);
});
