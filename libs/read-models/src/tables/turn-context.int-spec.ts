import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RecordedEvent, SessionCommand } from '#domain';
import { evolveSession, formerInquiryKinds, newSession } from '#domain';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, TablesWriter, turn } from '../test-support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.pool.query('TRUNCATE conversation_session, conversation_turn, projection_slot'));
afterAll(() => database.drop());

interface Columns {
  readonly revision: number;
  readonly channel: string;
  readonly goal: string | null;
  readonly inquiry_id: string | null;
}

async function columns(): Promise<Columns[]> {
  const { rows } = await database.pool.query<Columns>(
    'SELECT revision::int, channel, goal, inquiry_id FROM conversation_turn ORDER BY revision',
  );
  return rows;
}

/** The fold of the session at each of its turns. */
function expected(sessionId: string, events: readonly RecordedEvent[]): Columns[] {
  const found: Columns[] = [];
  let session = newSession(sessionId);
  for (const event of events) {
    session = evolveSession(session, event);
    const { state } = session;
    if (event.type !== 'TurnRecorded') continue;
    const inquiry_id = state.inquiries.open.at(-1)?.inquiry_id ?? null;
    const { revision } = event;
    found.push({ revision, channel: state.session.channel, goal: state.goal_state.current_goal, inquiry_id });
  }
  return found;
}

const order_status = formerInquiryKinds['order_status'];
function inquiry(inquiry_id: string, order_id: string): SessionCommand {
  if (order_status === undefined) throw new Error('no such kind');
  const now = '2026-01-05T09:00:00.000Z';
  const declared = { kind: 'order_status', declared: order_status, subject: { order_id } };
  return { type: 'OpenInquiry', inquiry_id, ...declared, timeout_ms: null, now };
}

function conversation(): Script {
  const script = new Script();
  const [first, second] = [randomUUID(), randomUUID()];
  const say = (): void => void script.request(turn(randomUUID()));
  const goal = (name: string, status: 'suspended' | 'completed' | 'in_progress'): void =>
    void script.request({ type: 'UpdateGoal', goal: name, step: null, status });
  script.request(startSession);
  say();
  script.request({ type: 'SetGoal', goal: 'pay', step: null });
  say();
  script.request({ type: 'SwitchChannel', channel: 'ivr' }, turn(randomUUID()), {
    type: 'SwitchChannel',
    channel: 'mobile_app',
  });
  say();
  script.request(inquiry(first, 'O1'));
  say();
  script.request(inquiry(second, 'O2'));
  say();
  goal('pay', 'suspended');
  say();
  script.request({ type: 'CancelInquiry', inquiry_id: second });
  goal('pay', 'in_progress');
  say();
  script.request({ type: 'CancelInquiry', inquiry_id: first });
  goal('pay', 'completed');
  say();
  return script;
}

test.each([1, 2, 3, 5, 100])(
  'a turn has the state of its session at the time, in batches of %d',
  async (size) => {
    const script = conversation();
    const tables = await TablesWriter.create(database.pool);
    const shown = expected(script.sessionId, script.events);
    expect(new Set(shown.map(({ channel, goal }) => `${channel} ${goal}`)).size).toBeGreaterThan(3);
    expect(new Set(shown.map(({ inquiry_id }) => inquiry_id)).size).toBe(3);
    for (let from = 0; from < script.events.length; from += size)
      await tables.write(script.sessionId, script.events.slice(from, from + size));
    expect(await columns()).toEqual(shown);
  },
);

test('a turn has the content and the actor of its event', async () => {
  const script = new Script();
  script.request(startSession);
  const said = { message_id: 'wamid.1', bot_action: null, intent_confidence: 0.87 };
  script.request(turn(randomUUID(), said));
  script.request(turn(randomUUID(), { sender: 'bot', bot_action: 'confirm_month', intent_confidence: null }));
  await (await TablesWriter.create(database.pool)).write(script.sessionId, script.events);
  const { rows } = await database.pool.query(
    'SELECT message_id, bot_action, intent_confidence, actor_role, actor_id FROM conversation_turn ORDER BY revision',
  );
  const actor = { actor_role: 'agent', actor_id: 'test' };
  expect(rows).toEqual([
    { ...said, ...actor },
    { message_id: null, bot_action: 'confirm_month', intent_confidence: null, ...actor },
  ]);
});

test('a message id is sealed with the key of the partner', async () => {
  const script = new Script();
  script.request(startSession);
  script.request(turn(randomUUID(), { message_id: 'wamid.CANARY' }));
  const keys = testDataKeys(new MemoryKeyStore());
  await (await TablesWriter.create(database.pool, keys)).write(script.sessionId, script.events);
  const { rows } = await database.pool.query<{ message_id: string }>(
    'SELECT message_id FROM conversation_turn',
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.message_id).not.toContain('CANARY');
});
