import type { StoredEvent } from '../common/history.ts';
import type { Outside } from './orders.ts';
import { mentioned, nothingSaid, updated } from './orders.ts';

/** The owner of a session, and the last acknowledged revision. */
export interface Owner {
  readonly instance: string | null;
  readonly epoch: number;
  readonly acknowledged: number;
}

export interface Goal {
  readonly goal: string;
  readonly step: string | null;
}

/** The checker's state of a session: a second implementation of the fold, from the documentation alone. */
export interface State {
  readonly revision: number;
  readonly partner_id: string | null;
  readonly status: 'none' | 'active' | 'ended' | 'expired' | 'erased';
  readonly channel: string;
  readonly start_time: string;
  readonly last_activity_time: string;
  readonly previous_session_id: string | null;
  readonly turn_count: number;
  readonly current: Goal | null;
  /** Suspended goals, the latest last. */
  readonly suspended: readonly Goal[];
  /** Flags raised by callers, without derived ones. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly language: string;
  readonly preferences: Readonly<Record<string, unknown>>;
  readonly last_user_intent: string | null;
  readonly last_bot_action: string | null;
  readonly turns: readonly Turn[];
  readonly owner: Owner;
  readonly outside: Outside;
  /** The open inquiries. */
  readonly inquiries: readonly string[];
}

export interface Turn {
  readonly turn_id: string;
  readonly sender: string;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  readonly timestamp: string;
}

export const nothing: State = {
  revision: -1,
  partner_id: null,
  status: 'none',
  channel: '',
  start_time: '',
  last_activity_time: '',
  previous_session_id: null,
  turn_count: 0,
  current: null,
  suspended: [],
  flags: {},
  language: '',
  preferences: {},
  last_user_intent: null,
  last_bot_action: null,
  turns: [],
  owner: { instance: null, epoch: 0, acknowledged: -1 },
  outside: nothingSaid,
  inquiries: [],
};

/** The state after an erasure: the contents of the session are gone. */
const { current, suspended, flags, language, preferences, turns, outside, inquiries } = nothing;
const { last_user_intent, last_bot_action } = nothing;
const memory = { language, preferences, turns, last_user_intent, last_bot_action };
const unsaid: Partial<State> = { ...memory, current, suspended, flags, outside, inquiries };

const turnsShown = 10;
/** Events that do not extend the life of a session. */
const passive = new Set([
  'ExternalUpdateRecorded',
  'InquiryAnswered',
  'InquiryFailed',
  'InquiryClosed',
  'InquiryCorrected',
  'SessionEnded',
  'SessionExpired',
  'SessionErased',
  'AgentAttached',
  'AgentDetached',
  'UpdateAcknowledged',
]);

/** Whether an event only records which agent instance serves a session. */
export function isAgentEvent(type: string): boolean {
  return type === 'AgentAttached' || type === 'AgentDetached' || type === 'UpdateAcknowledged';
}

/** The states of a session: the n-th element is the state after n events. */
export function statesOf(events: readonly StoredEvent[]): State[] {
  const states = [nothing];
  for (const event of events) states.push(next(states.at(-1) ?? nothing, event));
  return states;
}

function next(state: State, event: StoredEvent): State {
  const at = String(event.metadata['occurred_at']);
  const after = { ...state, revision: event.revision, ...changes(state, event, at) };
  // A node whose clock is behind does not move the time of a session back.
  const isLater = !passive.has(event.type) && at > after.last_activity_time;
  return isLater ? { ...after, last_activity_time: at } : after;
}

function changes(state: State, event: StoredEvent, at: string): Partial<State> {
  const { type, data, revision } = event;
  const text = (name: string): string => data[name] as string;
  const { flags, current, suspended, preferences, owner } = state;
  switch (type) {
    case 'SessionStarted':
      return {
        partner_id: text('partner_id'),
        status: 'active',
        channel: text('channel'),
        start_time: at,
        previous_session_id: data['previous_session_id'] as string | null,
        language: text('language'),
        preferences: data['preferences'] as State['preferences'],
        suspended: data['open_goals'] as Goal[],
      };
    case 'SessionEnded':
      return { status: 'ended' };
    case 'SessionExpired':
      return { status: 'expired' };
    case 'SessionErased':
      return { ...unsaid, status: 'erased', partner_id: text('partner_id') };
    case 'ChannelSwitched':
      return { channel: text('channel') };
    case 'PreferenceChanged':
      if (text('name') === 'language') return { language: text('value') };
      return { preferences: changed(preferences, text('name'), data['value']) };
    case 'FlagRaised':
      return { flags: changed(flags, text('flag'), data['value']) };
    case 'FlagCleared':
      return { flags: changed(flags, text('flag'), null) };
    case 'TurnRecorded':
      return { ...turn(state, data, at), outside: mentioned(state.outside, data) };
    case 'InquiryOpened':
      return { inquiries: [...state.inquiries, text('inquiry_id')] };
    case 'InquiryClosed':
      return { inquiries: state.inquiries.filter((id) => id !== text('inquiry_id')) };
    case 'ExternalUpdateRecorded':
      return isForeign(data, state) ? {} : { outside: updated(state.outside, event, at) };
    case 'GoalSet':
      return { current: { goal: text('goal'), step: data['step'] as string | null } };
    case 'GoalAdvanced':
      return { current: current && { ...current, step: data['step'] as string | null } };
    case 'GoalSuspended':
      return { current: null, suspended: current ? [...suspended, current] : suspended };
    case 'GoalResumed': {
      const resumed = suspended.find(({ goal }) => goal === text('goal'));
      return { current: resumed ?? null, suspended: suspended.filter((one) => one !== resumed) };
    }
    case 'GoalCompleted':
    case 'GoalAbandoned':
      if (current?.goal === text('goal')) return { current: null };
      return { suspended: suspended.filter(({ goal }) => goal !== text('goal')) };
    case 'AgentAttached':
      return {
        owner: {
          instance: text('instance'),
          epoch: Number(data['epoch']),
          acknowledged:
            (data['after'] as number | null) ?? (owner.epoch === 0 ? revision : owner.acknowledged),
        },
      };
    case 'AgentDetached':
      return { owner: { ...owner, instance: null } };
    case 'UpdateAcknowledged':
      return { owner: { ...owner, acknowledged: Math.max(owner.acknowledged, Number(data['up_to'])) } };
    default:
      return {};
  }
}

/**
 * Whether an update names another partner. None must be accepted; the checker does not expect a recorded one in
 * contexts.
 */
function isForeign({ references }: StoredEvent['data'], { partner_id }: State): boolean {
  const { partner = partner_id } = (references ?? {}) as { readonly partner?: string };
  return partner !== partner_id;
}

function turn(state: State, data: StoredEvent['data'], timestamp: string): Partial<State> {
  const { turn_id, sender, message_text, parsed_intent } = data as unknown as Turn;
  const turns = [...state.turns, { turn_id, sender, message_text, parsed_intent, timestamp }].slice(
    -turnsShown,
  );
  const common = { turns, turn_count: state.turn_count + 1 };
  if (sender === 'user')
    return parsed_intent === null ? common : { ...common, last_user_intent: parsed_intent };
  const action = data['bot_action'] as string | null;
  return action === null ? common : { ...common, last_bot_action: action };
}

/** A copy of a record with one member changed, or removed when the value is null. */
function changed(
  record: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): Record<string, unknown> {
  const { [name]: _before, ...rest } = record;
  return value === null ? rest : { ...rest, [name]: value };
}
