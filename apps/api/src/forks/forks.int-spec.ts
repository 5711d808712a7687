import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { withNewKey } from '#privacy';
import { commandPartner, readPartner, readSession, sessionStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnstream-forks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const what_if = { purpose: 'what_if' };
let app: TestApp;
let partner_id: string;
let id: string;

/** The contexts of the session at its revisions, without the fork's own fields. */
const contexts: object[] = [];

function at(session: string, path: string, method = 'GET', body?: object, headers = {}): Promise<Answer> {
  return app.call(method, `/v1/sessions/${session}${path}`, body, headers);
}
function fork(session: string, body: object, headers?: object): Promise<Answer> {
  return at(session, '/fork', 'POST', body, headers);
}
async function forkedId(session: string, body: object): Promise<string> {
  const answer = await fork(session, body);
  expect([answer.status, answer.body]).toMatchObject([
    201,
    { revision: 0, events: [{ type: 'SessionForked' }] },
  ]);
  return String(answer.body['session_id']);
}
async function contextOf(session: string): Promise<Record<string, unknown>> {
  const latest = await at(session, '');
  const { body } = await at(session, `/context?min_revision=${String(latest.body['revision'])}`);
  const { session_id: _id, revision: _revision, session: section, ...rest } = body;
  const { channel, turn_count } = section as Record<string, unknown>;
  return { ...rest, channel, turn_count };
}
function say(session: string, message_text: string): Promise<Answer> {
  const entities = { extracted_entities: { order_id: 'ORD1' }, parsed_intent: 'where' };
  return at(session, '/turns', 'POST', { sender: 'user', message_text, ...entities });
}

async function begin(): Promise<void> {
  app = await startTestApp();
  partner_id = `P-${randomUUID()}`;
  id = await app.start({ partner_id, name: 'Asha Rao' });
  const update = {
    system: 'orders',
    kind: 'changed',
    source_event_id: 'e1',
    data: { order_id: 'ORD1', status: 'sent' },
  };
  const steps = [
    () => say(id, 'Where is it?'),
    () => at(id, '/goals', 'POST', { goal: 'pay', step: 'verify' }),
    () => at(id, '/external-updates', 'POST', { ...update, reference: 'ORD1' }),
    () => at(id, '/channel', 'POST', { channel: 'ivr' }),
    () => at(id, '/flags/vip', 'PUT', { value: 'gold' }),
  ];
  contexts.splice(0, Infinity, await contextOf(id));
  for (const step of steps) {
    expect((await step()).status).toBeLessThan(300);
    contexts.push(await contextOf(id));
  }
}

function withKeys(): Record<string, string> {
  const file = join(folder, 'master.json');
  writeFileSync(file, JSON.stringify(withNewKey(undefined, new Date())), { mode: 0o600 });
  return { KEYSTORE_URL: `file:${join(folder, 'keys.db')}`, MASTER_KEYS: `file:${file}` };
}

describe.each(['plain', 'sealed'])('with %s events', (form) => {
  beforeAll(async () => {
    const address = form === 'sealed' ? withKeys() : {};
    Object.assign(process.env, address);
    await begin();
    for (const name of Object.keys(address)) delete process.env[name];
  });
  afterAll(() => app.close());

  test('a fork begins with the state of the session at a revision', async () => {
    for (const [at_revision, context] of contexts.entries()) {
      const forked = await forkedId(id, { ...what_if, at_revision });
      expect(await contextOf(forked)).toEqual(context);
    }
  });

  test('a fork without a revision begins with the latest state, and names its revision', async () => {
    const forked = await forkedId(id, what_if);
    const { body } = await at(forked, '/context');
    expect(body['session']).toMatchObject({
      status: 'active',
      forked_from: { session_id: id, revision: contexts.length - 1, purpose: 'what_if' },
    });
    expect((await at(forked, '')).body).toMatchObject({ forked_from: id, current_task: 'pay', revision: 0 });
    expect((await at(id, '')).body).toMatchObject({ forked_from: null });
  });

  test('the state of a fork is sealed like its session', async () => {
    const forked = await forkedId(id, what_if);
    const [stored] = await Array.fromAsync(app.store.read(sessionStream(forked)));
    const text = JSON.stringify(stored?.data);
    expect([text.includes('Asha'), text.includes('Where is it?')]).toEqual(
      form === 'sealed' ? [false, false] : [true, true],
    );
    expect(stored?.metadata).toMatchObject({ forked_from: id });
  });

  test('a fork and its session are independent', async () => {
    const forked = await forkedId(id, what_if);
    await say(forked, 'Where is it, really?');
    await at(forked, '/goals/pay', 'PATCH', { status: 'completed' });
    await at(forked, '/flags/vip', 'DELETE');
    expect(await contextOf(id)).toEqual(contexts.at(-1));
    expect((await at(forked, '/context?min_revision=3')).body).toMatchObject({
      revision: 3,
      conversation_flags: { is_repeat_query: true },
      goal_state: { current_goal: null },
      short_term_memory: { recent_turns: [{}, { message_text: 'Where is it, really?' }] },
    });
  });

  test('a fork of a fork begins with the state of that fork', async () => {
    const first = await forkedId(id, { ...what_if, at_revision: 1 });
    await say(first, 'Again?');
    const second = await forkedId(first, { purpose: 'bug_report:4711' });
    expect(await contextOf(second)).toEqual(await contextOf(first));
    expect((await at(second, '')).body).toMatchObject({ forked_from: first });
  });
});

describe('a fork', () => {
  beforeAll(begin);
  afterAll(() => app.close());

  test('opens no inquiry', async () => {
    const forked = await forkedId(id, what_if);
    const body = { kind: 'order_status', subject: { order_id: 'ORD1' } };
    const answer = await at(forked, '/inquiries', 'POST', body);
    expect(['session_is_fork', 'https://turnstream.dev/problems/inquiries_off']).toContain(
      answer.body['reason'] ?? answer.body['type'],
    );
  });

  test('is not remembered by its partner, neither at its start nor at its end', async () => {
    const partner = `P-${randomUUID()}`;
    const session = await app.start({ partner_id: partner });
    const before = await readPartner(app.store, partner);
    const forked = await forkedId(session, what_if);
    await at(forked, '/preferences', 'POST', { preferences: { language: 'ta', size: 'xl' } });
    await at(forked, '/end', 'POST', {});
    expect(await readPartner(app.store, partner)).toEqual(before);
    const resumed = await app.call('POST', `/v1/partners/${partner}/session`, { channel: 'whatsapp' });
    expect(resumed.body).toMatchObject({ session_id: session, resumed: true });
    await at(session, '/end', 'POST', {});
    await forkedId(session, what_if);
    const next = await app.call('POST', `/v1/partners/${partner}/session`, { channel: 'whatsapp' });
    expect(next.body).toMatchObject({ resumed: false });
    expect((await at(String(next.body['session_id']), '')).body).toMatchObject({
      previous_session_id: session,
      language: 'hi',
    });
  });

  test('is created once per key, even when its session is gone', async () => {
    const session = await app.start();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await fork(session, what_if, headers);
    await say(session, 'More.');
    await app.store.deleteStream(sessionStream(session));
    const again = await fork(session, what_if, headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await fork(session, { purpose: 'evaluation' }, headers)).status).toBe(422);
    expect((await say(String(first.body['session_id']), 'Goes on.')).status).toBe(201);
  });

  test('that missed an erasure is erased when its request is repeated', async () => {
    const partner = `P-${randomUUID()}`;
    const session = await app.start({ partner_id: partner });
    const headers = { 'idempotency-key': randomUUID() };
    const forked = String((await fork(session, what_if, headers)).body['session_id']);
    const by = { role: 'human', id: 'dpo' } as const;
    const erasure_id = randomUUID();
    const request = { erasure_id, reason: 'asked', requested_at: new Date().toISOString(), requested_by: by };
    const receipt = {
      ...request,
      receipt_id: randomUUID(),
      erased_at: new Date().toISOString(),
      after: 'request',
      sessions: 1,
      keys_destroyed: 0,
      last_key_copy_gone_on: null,
      checked: [],
    } as const;
    const context = { actor: by, $correlationId: 'spec' };
    const erase = { type: 'RequestErasure', partner_id: partner, keep_until: null, request } as const;
    await commandPartner(app.store, erase, context);
    await app.executor.execute({
      sessionId: session,
      commands: [{ type: 'EraseSession', partner_id: partner, erasure_id }],
      actor: { role: 'system', id: 'erasure' },
      commandIds: [],
      body: {},
    });
    await commandPartner(app.store, { type: 'FinishErasure', partner_id: partner, receipt }, context);
    const isRefused = async (): Promise<boolean> =>
      (await fork(session, what_if, headers)).body['reason'] === 'erasure_in_progress';
    await waitUntil(isRefused, { what: 'the fork to be refused' });
    expect((await readSession(app.store, forked))?.state.session.status).toBe('erased');
    const isGone = async (): Promise<boolean> => {
      const left = await Array.fromAsync(app.store.read(sessionStream(forked)));
      return left.map(({ type }) => type).join() === 'SessionErased';
    };
    await waitUntil(isGone, { what: 'what was copied to be gone' });
  });

  test('has the id in its request, if that is free', async () => {
    const session_id = randomUUID();
    const body = { ...what_if, session_id };
    expect((await fork(id, body)).body).toMatchObject({ session_id });
    expect((await fork(id, body)).headers.get('idempotency-replayed')).toBe('true');
    expect((await fork(id, { ...body, at_revision: 0 })).body).toMatchObject({ reason: 'session_exists' });
  });

  test.each([
    ['no purpose', {}, 'purpose'],
    ['a purpose that is free text', { purpose: 'Asha complained' }, 'purpose'],
    ['a revision beyond the end', { ...what_if, at_revision: 99 }, 'at_revision'],
    ['a revision below 0', { ...what_if, at_revision: -1 }, 'at_revision'],
    ['a revision that is no number', { ...what_if, at_revision: '1' }, 'at_revision'],
    ['an id that is none', { ...what_if, session_id: 'x' }, 'session_id'],
    ['an unknown field', { ...what_if, state: {} }, 'state'],
  ])('with %s is refused', async (_, body, field) => {
    expect((await fork(id, body)).body).toMatchObject({ status: 400, errors: [{ field }] });
  });

  test('of a missing or deleted session is refused', async () => {
    expect((await fork(randomUUID(), what_if)).status).toBe(404);
    const session = await app.start();
    await app.store.deleteStream(sessionStream(session));
    expect((await fork(session, what_if)).status).toBe(404);
  });

  test('of a revision whose first events are deleted is gone', async () => {
    const session = await app.start();
    await say(session, 'Where is it?');
    await say(session, 'Still there?');
    await app.store.truncateStream(sessionStream(session), 1);
    expect((await fork(session, { ...what_if, at_revision: 1 })).body).toMatchObject({
      status: 410,
      type: 'https://turnstream.dev/problems/history_gone',
      first_revision: 1,
    });
  });

  test('of a session that is set aside is refused', async () => {
    const session = await app.start();
    const newer = { event_id: randomUUID(), type: 'GoalSet', data: {}, metadata: { schema_version: 99 } };
    await app.store.append(sessionStream(session), [app.store.codec.encode(newer)], 0);
    expect((await fork(session, what_if)).body).toMatchObject({ status: 503, event_type: 'GoalSet' });
  });

  test('of a session of an erased partner is refused, at any revision', async () => {
    const partner = `P-${randomUUID()}`;
    const session = await app.start({ partner_id: partner });
    await app.executor.execute({
      sessionId: session,
      commands: [{ type: 'EraseSession', partner_id: partner, erasure_id: randomUUID() }],
      actor: { role: 'system', id: 'erasure' },
      commandIds: [],
      body: {},
    });
    for (const at_revision of [0, 1])
      expect((await fork(session, { ...what_if, at_revision })).body).toMatchObject({
        status: 409,
        reason: 'session_erased',
      });
  });

  test('of a session whose partner is being erased is refused', async () => {
    const partner = `P-${randomUUID()}`;
    const session = await app.start({ partner_id: partner });
    expect((await app.call('DELETE', `/v1/partners/${partner}`, { reason: 'ticket:1' })).status).toBe(202);
    const { body } = await fork(session, what_if);
    expect(['erasure_in_progress', 'partner_restricted']).toContain(
      body['reason'] ?? String(body['type']).split('/').at(-1),
    );
  });
});
