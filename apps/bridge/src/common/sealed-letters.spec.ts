import { expect, test } from '@jest/globals';
import type { DeadLetter, Outgoing } from '#messaging';
import { readDeadLetter, writeDeadLetter } from '#messaging';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { openLetter, sealLetter } from './sealed-letters.ts';

const letter: DeadLetter = {
  topic: 'orders.events',
  partition: 2,
  offset: '1',
  reason: 'not_json',
  detail: 'CANARY-detail',
  failed_at: '2026-11-24T08:00:00.000Z',
  key: Buffer.from('CANARY-key'),
  value: Buffer.from('{"partner_id":"P1","text":"CANARY-text"}'),
  headers: { ce_subject: Buffer.from('CANARY-subject'), redriven_from: [Buffer.from('a'), Buffer.from('b')] },
};
const store = new MemoryKeyStore();
const keys = testDataKeys(store);

function read(message: Outgoing): DeadLetter {
  const found = readDeadLetter(message as Parameters<typeof readDeadLetter>[0]);
  if (!found) throw new Error('It is no dead letter.');
  return found;
}
const sealed = async (more: Partial<DeadLetter> = {}): Promise<Outgoing> =>
  sealLetter(keys, writeDeadLetter({ ...letter, ...more }));

test.each<[string, Partial<DeadLetter>]>([
  ['JSON', {}],
  ['bytes that are no text', { value: Buffer.from([0xff, 0, 0xfe]) }],
  ['nothing', { key: null, value: null, headers: {} }],
])('a sealed dead letter opens as it was: %s', async (_, more) => {
  expect(await openLetter(keys, read(await sealed(more)))).toEqual({ ...letter, ...more });
});

test('a sealed dead letter shows place and reason, but not the message', async () => {
  const message = await sealed();
  const text = JSON.stringify(message, (_, item: unknown) =>
    typeof item === 'object' && item !== null && 'data' in item
      ? Buffer.from(item.data as number[]).toString()
      : item,
  );
  expect(text).not.toContain('CANARY');
  expect(read(message)).toMatchObject({
    topic: 'orders.events',
    partition: 2,
    offset: '1',
    reason: 'not_json',
  });
});

test('messages of one key stay together', async () => {
  const [one, other] = [await sealed(), await sealed({ offset: '2' })];
  expect(other.key).toEqual(one.key);
  expect((await sealed({ key: Buffer.from('other') })).key).not.toEqual(one.key);
});

test('a letter of an unknown partner is sealed with the key of its topic and day', async () => {
  await sealed({ value: Buffer.from('{') });
  const partners = [...store.keys.values()].map(({ partner_id }) => partner_id);
  expect(partners).toContainEqual(expect.stringMatching(/^\/topic\/orders\.events\/\d{4}-\d\d-\d\d$/));
});

test.each(['/index', '9876543210', 'ravi@example.in'])(
  'a letter that names %s as its partner counts as one of an unknown partner',
  async (partner_id) => {
    const before = store.keys.size;
    await sealed({ value: Buffer.from(JSON.stringify({ partner_id })), topic: `of-${partner_id}` });
    const partners = [...store.keys.values()].map((key) => key.partner_id);
    expect(partners.slice(before)).toEqual([expect.stringMatching(/^\/topic\//)]);
  },
);

test('where there are cells, no key is made of a partner who may be in another one', async () => {
  const message = writeDeadLetter({ ...letter, value: Buffer.from('{"partner_id":"P-elsewhere"}') });
  const sent = await sealLetter(keys, message, { hasCells: true });
  expect(await store.current('P-elsewhere')).toBeUndefined();
  expect((await openLetter(keys, read(sent))).value?.toString()).toContain('P-elsewhere');
  const { id } = await keys.of('P-here');
  const own = writeDeadLetter({ ...letter, value: Buffer.from('{"partner_id":"P-here"}') });
  expect(read(await sealLetter(keys, own, { hasCells: true })).value?.toString()).toContain(id);
});

test('a letter of a partner whose key cannot be unwrapped is sealed as one of an unknown partner', async () => {
  const { id } = await keys.of('P3');
  const damaged = await store.byId(id);
  const wrapped = { master_key_id: 'spec', ciphertext: new Uint8Array(60) };
  if (damaged) store.keys.set(id, { ...damaged, wrapped });
  keys.forget('P3');
  const more = { value: Buffer.from('{"partner_id":"P3"}') };
  expect(await openLetter(keys, read(await sealed(more)))).toEqual({ ...letter, ...more });
});

test('a letter that was moved to another place has its place and reason only', async () => {
  const moved = { ...read(await sealed()), offset: '9' };
  const { key, value, detail, reason } = await openLetter(keys, moved);
  expect([key, value, detail, reason]).toEqual([null, null, '[unreadable]', 'not_json']);
});

test('a letter whose key is destroyed has its place and reason only', async () => {
  const found = read(await sealed({ value: Buffer.from('{"data":{"partner_id":"P2"}}') }));
  await store.destroy('P2', '2100-01-01T00:00:00.000Z');
  keys.forget('P2');
  const { key, value, detail, reason } = await openLetter(keys, found);
  expect([key, value, detail, reason]).toEqual([null, null, '[erased]', 'not_json']);
});

test('a letter from before there were keys is read as it is', async () => {
  expect(await openLetter(keys, letter)).toBe(letter);
});
