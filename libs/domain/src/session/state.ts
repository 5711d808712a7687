import type { AgentState } from '../agents/state.ts';
import { noAgent } from '../agents/state.ts';
import type { Home, OwnCell } from '../cells/home.ts';
import { elsewhere } from '../cells/home.ts';
import type { GoalState } from '../goals/state.ts';
import { noGoals } from '../goals/state.ts';
import type { Handoff } from '../handoff/state.ts';
import type { InquiryState } from '../inquiries/state.ts';
import { noInquiries } from '../inquiries/state.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { remembered } from '../partner/state.ts';
import type { Queries } from '../tracking/repeated-queries.ts';
import type { TrackingState } from '../tracking/state.ts';
import { noTracking } from '../tracking/state.ts';
import type { Sender } from './sender.ts';

/** How many turns `recent_turns` keeps. */
export const recentTurnsKept = 10;
/** How many flags and preferences a session may hold. */
export const limits = { flags: 64, preferences: remembered.preferences } as const;

interface RecentTurn {
  readonly turn_id: string;
  readonly sender: Sender;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  readonly timestamp: string;
}

export type SessionStatus = 'active' | 'ended' | 'expired' | 'erased';

/**
 * The fold of a session's stream. Each member is a section: one field of the Redis hash, written only when changed.
 * `agent`, `queries`, `order_facts`, `earlier_inquiries` and `inquiry_kinds` serve decisions and folds and are not shown; the
 * rest is the working context.
 */
export interface SessionState {
  readonly identity: {
    readonly partner_id: string;
    readonly name: string | null;
    readonly region: string | null;
    readonly device: string | null;
  };
  readonly session: {
    readonly status: SessionStatus;
    readonly channel: string;
    readonly start_time: string;
    readonly last_activity_time: string;
    readonly expires_in_s: number;
    readonly expires_at: string;
    readonly previous_session_id: string | null;
    readonly turn_count: number;
    /** Of a fork: the session that it was forked from, the revision, and the purpose. */
    readonly forked_from?: {
      readonly session_id: string;
      readonly revision: number;
      readonly purpose: string;
    };
    /** The cell in which it accepts commands; absent: it started before there were cells. */
    readonly home?: Home;
  };
  readonly order_tracking: TrackingState['order_tracking'];
  readonly orders: TrackingState['orders'];
  readonly goal_state: GoalState;
  readonly conversation_flags: {
    readonly is_repeat_query: boolean;
    readonly asked_about_payment: boolean;
    readonly awaiting_external_data: boolean;
    readonly retry_attempts: number;
    readonly handoff: Handoff;
    readonly [flag: string]: Json;
  };
  readonly short_term_memory: {
    readonly preferred_language: string;
    readonly preferences: JsonObject;
    readonly last_user_intent: string | null;
    readonly last_bot_action: string | null;
  };
  readonly external: TrackingState['external'];
  readonly inquiries: InquiryState['inquiries'];
  readonly earlier_inquiries: InquiryState['earlier_inquiries'];
  readonly inquiry_kinds: InquiryState['inquiry_kinds'];
  readonly recent_turns: readonly RecentTurn[];
  readonly agent: AgentState;
  readonly queries: Queries;
  readonly order_facts: TrackingState['order_facts'];
}

export type Section = keyof SessionState;

/** The flags that `evolve` derives; a caller cannot raise or clear them. */
export const derivedFlags: readonly string[] = [
  'is_repeat_query',
  'asked_about_payment',
  'awaiting_external_data',
  'retry_attempts',
  'handoff',
];

export const initialState: SessionState = {
  identity: { partner_id: '', name: null, region: null, device: null },
  session: {
    status: 'ended',
    channel: 'mobile_app',
    start_time: '',
    last_activity_time: '',
    expires_in_s: 0,
    expires_at: '',
    previous_session_id: null,
    turn_count: 0,
  },
  ...noTracking,
  goal_state: noGoals,
  conversation_flags: {
    is_repeat_query: false,
    asked_about_payment: false,
    awaiting_external_data: false,
    retry_attempts: 0,
    handoff: 'none',
  },
  short_term_memory: {
    preferred_language: '',
    preferences: {},
    last_user_intent: null,
    last_bot_action: null,
  },
  ...noInquiries,
  recent_turns: [],
  agent: noAgent,
  queries: [],
};

/** Whether the session was ever started. */
export function isStarted(state: SessionState): boolean {
  return state.session.start_time !== '';
}

/** The last activity of a session that is over, from which the retention counts its days; null: it is active. */
export function inactiveSince({ session }: Pick<SessionState, 'session'>): string | null {
  return session.status === 'active' ? null : session.last_activity_time;
}

/** Whether a session is active, and in this cell. */
export function isActiveIn(here: OwnCell | undefined, { status, home }: SessionState['session']): boolean {
  return status === 'active' && elsewhere(home, here) === undefined;
}
