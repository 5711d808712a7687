import type { Item } from '../common/history.ts';
import type { Random } from '../common/random.ts';

const goals = ['resolve_payment', 'find_order', 'change_bank', 'get_insured'];
const flags = ['vip', 'angry', 'call_back', 'verified', 'flagged'];
const preferences = ['call_back', 'tone', 'detail'];
const orders = ['ORD1', 'ORD2', 'ORD3', 'ORD4'];
const shipments = ['T1', 'T2', 'T3', 'T4'];
const intents = ['ask_payment_status', 'ask_order', 'greet', 'complain'];
export const channels = ['whatsapp', 'ivr', 'mobile_app'];
export const languages = ['en', 'hi', 'ta', 'kn'];

const weights = {
  RecordTurn: 40,
  SetGoal: 10,
  UpdateGoal: 10,
  RaiseFlag: 12,
  ClearFlag: 6,
  SwitchChannel: 4,
  ChangePreferences: 6,
  RecordExternalUpdate: 12,
} as const;

/** The items of a command: usually one, sometimes several. `id` makes its values unique. */
export function drawItems(random: Random, id: string): Item[] {
  if (random.chance(0.03)) return [drawInquiry(random, id)];
  if (!random.chance(0.12)) return [drawItem(random, id)];
  return Array.from({ length: random.int(2, 5) }, (_, n) => drawItem(random, `${id}.${n}`));
}

function drawItem(random: Random, id: string): Item {
  return draw[random.weighted(weights)](random, id);
}

const draw: Readonly<Record<keyof typeof weights, (random: Random, id: string) => Item>> = {
  RecordTurn: drawTurn,
  SetGoal: (random, id) => ({
    type: 'SetGoal',
    goal: random.pick(goals),
    ...(random.chance(0.7) ? { step: id } : {}),
  }),
  UpdateGoal: (random, id) => {
    const status = random.pick([undefined, 'in_progress', 'suspended', 'completed', 'abandoned']);
    const step = random.chance(0.5) ? { step: id } : {};
    return { type: 'UpdateGoal', goal: random.pick(goals), ...step, ...(status ? { status } : {}) };
  },
  RaiseFlag: (random, id) => ({
    type: 'RaiseFlag',
    flag: random.pick(flags),
    value: random.chance(0.8) ? id : 'again',
  }),
  ClearFlag: (random) => ({ type: 'ClearFlag', flag: random.pick(flags) }),
  SwitchChannel: (random) => ({ type: 'SwitchChannel', channel: random.pick(channels) }),
  ChangePreferences: (random, id) => ({
    type: 'ChangePreferences',
    preferences: drawPreferences(random, id),
  }),
  RecordExternalUpdate: drawUpdate,
};

/** Some name no order, some only by field names, most with references and a time. */
function drawUpdate(random: Random, id: string): Item {
  const update = {
    type: 'RecordExternalUpdate',
    system: random.pick(['orders', 'logistics', 'warehouse']),
    kind: random.pick(['status', 'delay']),
    data: { note: id },
    source_event_id: id,
  } as const;
  const form = random.weighted({ resolved: 60, timeless: 10, named: 20, other: 8, foreign: 2 });
  if (form === 'other') return update;
  if (form === 'named') return { ...update, data: { order_id: random.pick(orders), status: id } };
  if (form === 'foreign') return { ...update, references: { partner: 'somebody-else' } };
  const references: Record<string, string> = {};
  if (random.chance(0.7)) references['order'] = random.pick(orders);
  if (references['order'] === undefined || random.chance(0.4))
    references['tracking'] = random.pick(shipments);
  const resolved = { ...update, references, status: id };
  // A fixed past, independent of the machine's clock; few different seconds, so that some updates have the same time.
  const occurred_at = new Date(Date.UTC(2020, 0, 1, 0, 0, random.int(0, 40))).toISOString();
  return form === 'timeless' ? resolved : { ...resolved, occurred_at };
}

/** No source answers it: it closes at its deadline or with its session. Every question is different. */
export function drawInquiry(random: Random, id: string): Item {
  const subject = { payout_id: id };
  return { type: 'OpenInquiry', kind: 'payout_status', subject, timeout_ms: random.int(200, 2_000) };
}

function drawTurn(random: Random, id: string): Item {
  const type = 'RecordTurn';
  const turn_id = random.chance(0.3) ? { turn_id: random.uuid() } : {};
  if (random.chance(0.3)) {
    return { type, sender: 'bot', message_text: id, bot_action: `do_${random.int(1, 9)}`, ...turn_id };
  }
  const intent = random.chance(0.8) ? { parsed_intent: random.pick(intents) } : {};
  const named = random.chance(0.2) ? { extracted_entities: { order_id: random.pick(orders) } } : {};
  const reply = random.chance(0.3) ? { response_text: `reply to ${id}` } : {};
  return { type, sender: 'user', message_text: id, ...intent, ...named, ...reply, ...turn_id };
}

function drawPreferences(random: Random, id: string): Record<string, string | null> {
  if (random.chance(0.3)) return { language: random.pick(languages) };
  return { [random.pick(preferences)]: random.chance(0.8) ? id : null };
}
