import type {
  CommandEntry,
  ContextDocument,
  Entry,
  Item,
  ReadEntry,
  StoredEvent,
  Stores,
} from '../common/history.ts';

const session_id = '5f0c3f0e-52a1-4c5e-9c53-4a5d0a6c0f10';
const partner_id = 'P1';
const timeOf = (revision: number): string => `2026-11-28T08:00:0${revision}.000Z`;

/** A small correct run: one session, one agent instance. For specs. */
export function example(): { history: Entry[]; stores: Stores } {
  const history: Entry[] = [
    command('c1', 10, { type: 'StartSession', partner_id, channel: 'ivr' }, [0]),
    command('c2', 20, { type: 'RaiseFlag', flag: 'vip', value: 'c2' }, [1]),
    command('c3', 40, { type: 'RecordTurn', sender: 'user', message_text: 'c3' }, [3]),
    command('c4', 60, { type: 'EndSession', reason: 'c4' }, [5]),
    read(30, 1),
    read(50, 3),
    {
      kind: 'handled',
      instance: 'a1',
      session_id,
      revision: 3,
      event_type: 'TurnRecorded',
      start: 45,
      end: 46,
    },
    {
      kind: 'handled',
      instance: 'a1',
      session_id,
      revision: 5,
      event_type: 'SessionEnded',
      start: 65,
      end: 66,
    },
    { kind: 'agent', instance: 'a1', alive: true, start: 1 },
  ];
  return { history, stores };
}

const types = [
  'SessionStarted',
  'FlagRaised',
  'AgentAttached',
  'TurnRecorded',
  'UpdateAcknowledged',
  'SessionEnded',
];
const turn = { turn_id: 't1', sender: 'user', message_text: 'c3', parsed_intent: null };
const data: readonly Record<string, unknown>[] = [
  { partner_id, channel: 'ivr', language: 'en', preferences: {}, open_goals: [], previous_session_id: null },
  { flag: 'vip', value: 'c2' },
  { instance: 'a1', epoch: 1, pool: 'p', after: null },
  { ...turn, in_reply_to: null, bot_action: null },
  { instance: 'a1', epoch: 1, up_to: 3, updates: [{ revision: 3 }] },
  { reason: 'c4' },
];
const senders = ['c1', 'c2', 'agent', 'c3', 'agent', 'c4'];

function command(op: string, start: number, item: Item, revisions: readonly number[]): CommandEntry {
  const events = revisions.map((revision) => ({
    event_id: `e${revision}`,
    type: types[revision] ?? '',
    revision,
  }));
  const asked = { op, session_id, items: [item], key: op, if_match: null, epoch: null, agent_id: 'client' };
  const node = { name: 'api-1', incarnation: 1 };
  const answer = { session_id, revision: revisions.at(-1) ?? -1, events };
  const sent = { process: 'client', node, final: false, start, end: start + 5 };
  return { kind: 'command', ...asked, ...sent, status: item.type === 'RaiseFlag' ? 200 : 201, answer };
}

function read(start: number, revision: number): ReadEntry {
  const node = { name: 'api-1', incarnation: 1 };
  const sent = { process: 'client', node, session_id, min_revision: null, start, end: start + 5 };
  return { kind: 'read', ...sent, status: 200, context: context(revision) };
}

/** After the flag, only the turn and the end change the shown context. */
function context(revision: number): ContextDocument {
  const hasTurn = revision >= 3;
  const last_activity_time = timeOf(hasTurn ? 3 : revision);
  return {
    partner_id,
    revision,
    session: {
      status: revision < 5 ? 'active' : 'ended',
      channel: 'ivr',
      start_time: timeOf(0),
      last_activity_time,
      previous_session_id: null,
      turn_count: hasTurn ? 1 : 0,
    },
    goal_state: { current_goal: null, step: null, status: null, stack: [] },
    conversation_flags: { is_repeat_query: false, awaiting_external_data: false, vip: 'c2' },
    short_term_memory: {
      preferred_language: 'en',
      preferences: {},
      last_user_intent: null,
      last_bot_action: null,
      recent_turns: hasTurn ? [{ ...turn, timestamp: timeOf(3) }] : [],
    },
    order_tracking: null,
    orders: {},
    external: [],
  };
}

const events = types.map((type, revision): StoredEvent => {
  const sender = senders[revision];
  const metadata = {
    $correlationId: sender,
    occurred_at: timeOf(revision),
    actor: { role: 'agent', id: sender },
  };
  return { event_id: `e${revision}`, type, revision, data: data[revision] ?? {}, metadata };
});

const { short_term_memory: memory, session, goal_state, conversation_flags, ...more } = context(5);
const { order_tracking, orders, external } = more;
const { recent_turns, ...short_term_memory } = memory;
const conversation = { session, goal_state, conversation_flags, short_term_memory, recent_turns };
const sections = { partner_id, ...conversation, order_tracking, orders, external };
const texts = Object.entries(sections).map(([name, value]) => [name, JSON.stringify(value)]);

const stores: Stores = {
  sessions: { [session_id]: events },
  partners: {
    [partner_id]: [
      {
        event_id: 'm',
        type: 'PartnerRemembered',
        revision: 0,
        data: { memory: { language: null, preferences: {}, open_goals: [] }, sessions: [] },
        metadata: {},
      },
    ],
  },
  session_rows: [
    {
      session_id,
      partner_id,
      start_time: timeOf(0),
      last_activity_time: timeOf(3),
      channel: 'ivr',
      current_task: null,
      language: 'en',
      status: 'ended',
      revision: 5,
    },
  ],
  turn_rows: [{ session_id, ...turn, response_text: null, timestamp: timeOf(3), revision: 3 }],
  contexts: { [session_id]: { revision: '5', ...(Object.fromEntries(texts) as Record<string, string>) } },
  set_aside: [],
  living_keys: [],
  erased_rows: [],
};
