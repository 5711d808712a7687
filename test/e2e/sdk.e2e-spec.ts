import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CommandNotAllowed,
  InvalidRequest,
  KeyReused,
  RevisionConflict,
  SessionNotFound,
  Turnstream,
} from '@turnstream/sdk';
import type { RecordTurn, Session } from '@turnstream/sdk';
import type { TestApp } from '../../apps/api/src/test-app.ts';
import { startTestApp } from '../../apps/api/src/test-app.ts';

let app: TestApp;
let turnstream: Turnstream;
beforeAll(async () => {
  app = await startTestApp();
  turnstream = new Turnstream({ url: app.url, agentId: 'spec-bot' });
});
afterAll(async () => {
  await turnstream.close();
  await app.close();
});

const turn: RecordTurn = { sender: 'user', message_text: 'Where is my payout?', parsed_intent: 'ask_payout' };
const start = (): Promise<Session> =>
  turnstream.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'hi' });

describe('a session', () => {
  test('has every one of its commands in its context', async () => {
    const session = await start();
    expect(session.started).toMatchObject({ session_id: session.id, revision: 0, replayed: false });
    await session.setGoal({ goal: 'resolve_payment', step: 'verify_bank' });
    await session.recordTurn({ ...turn, response_text: 'I am checking.', bot_action: 'check_payout' });
    await session.updateGoal('resolve_payment', { step: 'wait' });
    await session.raiseFlag('vip');
    await session.raiseFlag('seen', 'once');
    await session.clearFlag('seen');
    await session.switchChannel('ivr');
    await session.changePreferences({ language: 'en', call_back: 'evening' });
    await session.handoff({ action: 'request', reason: 'angry' });
    await session.externalUpdate({
      system: 'orders',
      kind: 'shipped',
      reference: 'ORD1',
      data: { status: 'shipped' },
      source_event_id: 'e1',
    });
    await session.commands([
      { type: 'Handoff', action: 'return' },
      { type: 'RecordTurn', sender: 'bot', message_text: 'It is on its way.' },
    ]);
    const context = await session.context();
    expect(context).toMatchObject({
      revision: session.revision,
      session: { channel: 'ivr', turn_count: 3 },
      goal_state: { current_goal: 'resolve_payment', step: 'wait' },
      conversation_flags: { vip: true, handoff: 'none' },
      order_tracking: { order_id: 'ORD1', status: 'shipped' },
      short_term_memory: { preferred_language: 'en', last_bot_action: 'check_payout' },
    });
    expect(context.conversation_flags).not.toHaveProperty('seen');
    expect(await session.contextAfter(session.revision)).toBeUndefined();
    expect(await session.contextAfter(1)).toMatchObject({ revision: session.revision });
    const { events } = await session.end('resolved');
    expect(events).toMatchObject([{ type: 'SessionEnded', revision: session.revision }]);
  });

  test('reads all events page by page', async () => {
    const session = await start();
    for (let index = 0; index < 7; index += 1) await session.recordTurn(turn);
    const events = await Array.fromAsync(session.events({ limit: 3 }));
    expect(events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(events.at(-1)?.metadata).toMatchObject({ actor: { role: 'agent', id: 'spec-bot' } });
    const later = await Array.fromAsync(session.events({ fromRevision: 6 }));
    expect(later.map(({ revision }) => revision)).toEqual([6, 7]);
  });

  test('is resumed on any channel, and another one starts after its end', async () => {
    const partner = `P-${randomUUID()}`;
    const session = await turnstream.resumeOrStart(partner, { channel: 'whatsapp' });
    expect(session.started).toMatchObject({ session_id: session.id, revision: 0 });
    await session.recordTurn(turn);
    const resumed = await turnstream.resumeOrStart(partner, { channel: 'ivr' });
    expect(resumed).toMatchObject({ id: session.id, revision: 1, started: undefined });
    await resumed.end();
    expect((await turnstream.resumeOrStart(partner, { channel: 'ivr' })).id).not.toBe(session.id);
  });

  test('is found again by its id', async () => {
    const { id } = await start();
    const session = turnstream.session(id);
    expect(session.revision).toBe(-1);
    expect(await session.details()).toMatchObject({ session_id: id, status: 'active', revision: 0 });
    expect(await session.context()).toMatchObject({ session_id: id, revision: 0 });
  });
});

describe('a repeated request', () => {
  test('with the same key gets the first result', async () => {
    const session = await start();
    const first = await session.recordTurn(turn, { key: 'k1' });
    const again = await session.recordTurn(turn, { key: 'k1' });
    expect(again).toEqual({ ...first, replayed: true });
    const other = session.recordTurn({ ...turn, message_text: 'Other' }, { key: 'k1' });
    await expect(other).rejects.toBeInstanceOf(KeyReused);
  });

  test('to start a session gets the same session', async () => {
    const body = { partner_id: `P-${randomUUID()}`, channel: 'ivr' } as const;
    const first = await turnstream.startSession(body, { key: 'start-1' });
    const again = await turnstream.startSession(body, { key: 'start-1' });
    expect(again.id).toBe(first.id);
    expect(again.started?.replayed).toBe(true);
  });
});

describe('errors', () => {
  test('a conflict has the events since then and whether a retry is safe', async () => {
    const session = await start();
    await session.raiseFlag('vip');
    const conflict = session.recordTurn(turn, { expectedRevision: 0 });
    await expect(conflict).rejects.toBeInstanceOf(RevisionConflict);
    await expect(conflict).rejects.toMatchObject({
      currentRevision: 1,
      expectedRevision: 0,
      retrySafe: true,
      events: [{ type: 'FlagRaised', revision: 1, data: { flag: 'vip', value: true } }],
    });
  });

  test('a refusal has its reason and the index of the command', async () => {
    const session = await start();
    const refused = session.commands([
      { type: 'RaiseFlag', flag: 'vip' },
      { type: 'UpdateGoal', goal: 'pay', status: 'completed' },
    ]);
    await expect(refused).rejects.toBeInstanceOf(CommandNotAllowed);
    await expect(refused).rejects.toMatchObject({ reason: 'goal_not_set', command: 1, currentRevision: 0 });
    expect(session.revision).toBe(0);
  });

  test('a wrong field is named', async () => {
    const session = await start();
    const wrong = session.recordTurn({ ...turn, intent_confidence: 7 });
    await expect(wrong).rejects.toBeInstanceOf(InvalidRequest);
    await expect(wrong).rejects.toMatchObject({ errors: [{ field: 'intent_confidence' }], status: 400 });
  });

  test('an unknown session is SessionNotFound', async () => {
    await expect(turnstream.session(randomUUID()).context()).rejects.toBeInstanceOf(SessionNotFound);
  });

  test('a context at a revision that does not exist is a conflict', async () => {
    const session = await start();
    await expect(session.context({ minRevision: 9 })).rejects.toMatchObject({
      currentRevision: 0,
      expectedRevision: 9,
    });
  });
});
