import type { RecordedEvent } from '#domain';
import type { MilestoneRow } from './rows.ts';

/** The kinds of milestones, in the order in which a conversation may have them. */
export const milestoneKinds = [
  'session_started',
  'channel_switched',
  'goal_set',
  'goal_suspended',
  'goal_resumed',
  'goal_completed',
  'goal_abandoned',
  'flag_raised',
  'flag_cleared',
  'handoff_requested',
  'handoff_accepted',
  'handoff_returned',
  'inquiry_opened',
  'inquiry_closed',
  'session_ended',
  'session_expired',
] as const;
type MilestoneKind = (typeof milestoneKinds)[number];

/** A milestone; its name is a goal, a flag, a channel or the kind of an inquiry, never personal data. */
type Milestone = readonly [kind: MilestoneKind, name: string | null, outcome?: string];

function milestoneIn({ type, data }: RecordedEvent): Milestone | undefined {
  switch (type) {
    case 'SessionStarted':
      return ['session_started', data.channel];
    case 'SessionForked':
      return ['session_started', data.channel];
    case 'ChannelSwitched':
      return ['channel_switched', data.channel];
    case 'GoalSet':
      return ['goal_set', data.goal];
    case 'GoalSuspended':
      return ['goal_suspended', data.goal];
    case 'GoalResumed':
      return ['goal_resumed', data.goal];
    case 'GoalCompleted':
      return ['goal_completed', data.goal];
    case 'GoalAbandoned':
      return ['goal_abandoned', data.goal];
    case 'FlagRaised':
      return ['flag_raised', data.flag];
    case 'FlagCleared':
      return ['flag_cleared', data.flag];
    case 'HandoffRequested':
      return ['handoff_requested', null];
    case 'HandoffAccepted':
      return ['handoff_accepted', null];
    case 'HandoffReturned':
      return ['handoff_returned', null];
    case 'InquiryOpened':
      return ['inquiry_opened', data.kind];
    case 'InquiryClosed':
      return ['inquiry_closed', data.kind, data.outcome];
    case 'SessionEnded':
      return ['session_ended', null];
    case 'SessionExpired':
      return ['session_expired', null];
    case 'AgentAttached':
    case 'AgentDetached':
    case 'ExternalUpdateRecorded':
    case 'GoalAdvanced':
    case 'InquiryAnswered':
    case 'InquiryCorrected':
    case 'InquiryFailed':
    case 'PreferenceChanged':
    case 'SessionArrived':
    case 'SessionErased':
    case 'SessionMoved':
    case 'TurnRecorded':
    case 'UpdateAcknowledged':
    default:
      // Not a milestone, or an event of a type that this version does not know.
      return undefined;
  }
}

/** The milestone of an event. Pure. */
export function milestoneOf(session_id: string, event: RecordedEvent, at: string): MilestoneRow | undefined {
  const found = milestoneIn(event);
  if (found === undefined) return undefined;
  const [kind, name, outcome = null] = found;
  const begins = event.type === 'SessionStarted' || event.type === 'SessionForked';
  const partner_id = begins ? event.data.partner_id : null;
  return { session_id, revision: event.revision, partner_id, at, kind, name, outcome };
}
