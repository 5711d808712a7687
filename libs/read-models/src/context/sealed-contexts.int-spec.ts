import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Session } from '#domain';
import { changedSections, contextOf } from '#domain';
import { KeyStoreUnavailableError, sealObjectText } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { sections } from './document.ts';
import { ContextStore } from './store.ts';
import { emptyRedis, Script, startSession, turn } from '../test-support.ts';

class KeyStore extends MemoryKeyStore {
  fails = false;

  override async byId(keyId: string) {
    if (this.fails) throw new KeyStoreUnavailableError();
    return super.byId(keyId);
  }
}

let redis: Redis;
let keyStore: KeyStore;
let session: Session;
let script: Script;
/** The contexts as seen by another process, with its own keys in memory. */
const contexts = (): ContextStore =>
  new ContextStore(redis, {}, undefined, undefined, testDataKeys(keyStore));

beforeAll(async () => {
  redis = await emptyRedis();
});
beforeEach(async () => {
  await redis.flushdb();
  keyStore = new KeyStore();
  script = new Script();
  script.request({
    ...startSession,
    name: 'CANARY',
    region: 'CANARY',
    device: 'CANARY',
  } as typeof startSession);
  script.request({ type: 'ChangePreferences', preferences: { call_back: 'CANARY' } });
  script.request({ type: 'RaiseFlag', flag: 'vip', value: 'CANARY' });
  script.request({ type: 'SetGoal', goal: 'pay', step: 'CANARY' });
  script.request(turn('00000000-0000-4000-8000-000000000001', { message_text: 'CANARY' }));
  ({ session } = script);
});
afterAll(() => redis.quit());

const key = (): string => `ctx:{${session.session_id}}`;

test('a context in Redis holds no plain personal data, and is read as it was', async () => {
  expect(await contexts().apply(-1, session, sections, session.known.list)).toBe('applied');
  const { session: plain, format, ...stored } = await redis.hgetall(key());
  expect(JSON.stringify(stored)).not.toMatch(/CANARY|call_me/);
  expect([JSON.parse(plain ?? ''), format]).toEqual([session.state.session, '4-sealed-together']);
  for (const one of [contexts(), contexts()]) {
    expect((await one.document(session.session_id))?.body).toBe(JSON.stringify(contextOf(session)));
    expect((await one.load(session.session_id))?.state).toEqual(session.state);
  }
});

test('a turn seals one field', async () => {
  const { revision, state } = session;
  await contexts().apply(-1, session, sections, []);
  const before = await redis.hgetall(key());
  script.request(turn('00000000-0000-4000-8000-000000000002', { parsed_intent: 'ask_address' }));
  const { session: after } = script;
  await contexts().apply(revision, after, changedSections(state, after.state), []);
  const changed = Object.entries(await redis.hgetall(key())).filter(([name, text]) => before[name] !== text);
  expect(changed.map(([name]) => name).sort()).toEqual(['revision', 'session', 'turns']);
  expect((await contexts().load(session.session_id))?.state).toEqual(after.state);
});

test('the sections of a named order are sealed as one field', async () => {
  const { revision, state } = session;
  await contexts().apply(-1, session, sections, []);
  const before = await redis.hgetall(key());
  const said = {
    message_text: 'Where is it?',
    parsed_intent: null,
    extracted_entities: { order_id: 'ORD1' },
  };
  script.request(turn('00000000-0000-4000-8000-000000000002', said));
  const { session: after } = script;
  const changed = changedSections(state, after.state).filter((section) => section.startsWith('order'));
  expect(changed).toHaveLength(3);
  await contexts().apply(revision, after, changed, []);
  const written = Object.entries(await redis.hgetall(key())).filter(([name, text]) => before[name] !== text);
  expect(written.map(([name]) => name).sort()).toEqual(['revision', 'tracking']);
});

test('a field with another number of sections is not used', async () => {
  const keys = testDataKeys(keyStore);
  await contexts().apply(-1, session, sections, []);
  const place = { of: 'ctx', record: session.session_id, field: 'turns' };
  await redis.hset(key(), 'turns', sealObjectText(await keys.of('P1'), place, '[]\n{}'));
  expect(await contexts().load(session.session_id)).toBeUndefined();
  expect(await redis.exists(key())).toBe(0);
});

test('the context of an erased session is plain, and read without a key', async () => {
  await contexts().apply(-1, session, sections, []);
  script.request({ type: 'EraseSession', partner_id: 'P1', erasure_id: 'E1' });
  const { session: after } = script;
  await keyStore.destroy('P1', '2100-01-01T00:00:00.000Z');
  await contexts().replace(after, []);
  expect(JSON.stringify(await redis.hgetall(key()))).not.toMatch(/CANARY|A256GCM/);
  expect((await contexts().load(session.session_id))?.state).toEqual(after.state);
});

test('an empty section stays plain', async () => {
  await contexts().apply(-1, session, sections, []);
  expect(await redis.hget(key(), 'inquiries')).toBe('{"open":[],"closed":[]}');
});

test.each([
  ['was changed', (text: string) => `${text.slice(0, -4)}AAAA`],
  ['is plain', () => '{"partner_id":"P1","name":"x","region":null,"device":null}'],
])('a context with a section that %s is not used', async (_, change) => {
  await contexts().apply(-1, session, sections, []);
  await redis.hset(key(), 'identity', change((await redis.hget(key(), 'identity')) ?? ''));
  expect(await contexts().load(session.session_id)).toBeUndefined();
  expect(await redis.exists(key())).toBe(0);
});

test('a section copied from another session is not accepted', async () => {
  await contexts().apply(-1, session, sections, []);
  const other = { ...session, session_id: '00000000-0000-4000-8000-000000000002' };
  await contexts().apply(-1, other, sections, []);
  const identity = (await redis.hget(`ctx:{${other.session_id}}`, 'identity')) ?? '';
  await redis.hset(key(), 'identity', identity);
  expect(await contexts().document(session.session_id)).toBeUndefined();
});

test('a context whose key was destroyed is not used', async () => {
  await contexts().apply(-1, session, sections, []);
  await keyStore.destroy('P1', '2100-01-01T00:00:00.000Z');
  expect(await contexts().document(session.session_id)).toBeUndefined();
});

test('a context from before there were keys is not used, and is written again', async () => {
  await new ContextStore(redis).apply(-1, session, sections, []);
  const sealing = contexts();
  expect(await sealing.document(session.session_id)).toBeUndefined();
  expect(await sealing.apply(session.revision, session, sections, [])).toBe('missing_predecessor');
  await sealing.replace(session, []);
  expect(JSON.stringify(await redis.hgetall(key()))).not.toContain('CANARY');
});

test('a context whose key cannot be opened is dropped, and the others are written', async () => {
  const keys = testDataKeys(keyStore);
  const { id } = await keys.of('P1');
  keys.forget('P1');
  const damaged = await keyStore.byId(id);
  const wrapped = { master_key_id: 'spec', ciphertext: new Uint8Array(60) };
  if (damaged) keyStore.keys.set(id, { ...damaged, wrapped });
  const other = new Script();
  other.request({ ...startSession, partner_id: 'P2' } as typeof startSession);
  const changes = [session, other.session].map((after) => ({
    before: -1,
    after,
    changed: sections,
    commands: [],
  }));
  expect(await contexts().applyMany(changes)).toEqual(['dropped', 'applied']);
  await contexts().replace(session, []);
  expect(await redis.exists(key())).toBe(0);
});

test('while its key is unavailable a context is neither read nor removed', async () => {
  await contexts().apply(-1, session, sections, []);
  keyStore.fails = true;
  await expect(contexts().document(session.session_id)).rejects.toThrow(KeyStoreUnavailableError);
  expect(await redis.exists(key())).toBe(1);
});
