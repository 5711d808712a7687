import type { RecordedEvent } from '#domain';
import type { CloudEvent } from '#messaging';
import { conversationType } from '#messaging';

/** The personal fields of which a part is published. */
const published: ReadonlySet<string> = new Set(['status', 'retry']);

/** Whether a part of a personal field is published. */
export function isPublished(field: string): boolean {
  return published.has(field);
}

type Fields = { readonly [field: string]: unknown };

/**
 * The public form of an event: names and states, never what a person said, who they are, or data that another system
 * did not declare as public. Only the fields listed here are published; undefined: the event is not published, such
 * as any event of a fork. Pure.
 */
export function publicEvent(sessionId: string, event: RecordedEvent): CloudEvent | undefined {
  const fields = event.metadata.forked_from === undefined ? publicFields(event) : undefined;
  if (fields === undefined) return undefined;
  return {
    specversion: '1.0',
    id: event.event_id,
    source: '/turnstream/sessions',
    type: conversationType(event.type),
    time: event.metadata.occurred_at,
    subject: sessionId,
    datacontenttype: 'application/json',
    partitionkey: sessionId,
    data: { session_id: sessionId, revision: event.revision, ...fields },
  };
}

function publicFields(event: RecordedEvent): Fields | undefined {
  switch (event.type) {
    case 'SessionStarted': {
      const { partner_id, channel, language, previous_session_id } = event.data;
      return { partner_id, channel, language, previous_session_id };
    }
    case 'ChannelSwitched':
      return { channel: event.data.channel, previous_channel: event.data.previous_channel };
    case 'PreferenceChanged':
      return { name: event.data.name };
    case 'TurnRecorded': {
      const { turn_id, sender, parsed_intent, intent_confidence, in_reply_to, bot_action } = event.data;
      return { turn_id, sender, parsed_intent, intent_confidence, in_reply_to, bot_action };
    }
    case 'GoalSet':
    case 'GoalAdvanced':
    case 'GoalSuspended':
    case 'GoalResumed':
    case 'GoalCompleted':
    case 'GoalAbandoned':
      return { goal: event.data.goal };
    case 'FlagRaised':
    case 'FlagCleared':
      return { flag: event.data.flag };
    case 'SessionEnded':
    case 'SessionExpired':
    case 'SessionErased':
    case 'HandoffRequested':
    case 'HandoffAccepted':
    case 'HandoffReturned':
      return {};
    case 'AgentAttached':
    case 'AgentDetached':
      return { instance: event.data.instance, epoch: event.data.epoch };
    case 'SessionForked':
    case 'SessionMoved':
    case 'SessionArrived':
    case 'UpdateAcknowledged':
      return undefined;
    case 'ExternalUpdateRecorded': {
      const { system, kind, source_event_id, status, public_text } = event.data;
      // For an update of a system these are the fields that the declaration of its type names as public; an agent may
      // send any text.
      const isDeclared = event.metadata.actor.role === 'system';
      return { system, kind, source_event_id, ...(isDeclared && given({ status, public_text })) };
    }
    case 'InquiryOpened':
    case 'InquiryAnswered':
    case 'InquiryFailed':
    case 'InquiryClosed':
    case 'InquiryCorrected':
      return inquiryFields(event);
    default:
      return unknownEvent(event);
  }
}

function inquiryFields(event: Extract<RecordedEvent, { type: `Inquiry${string}` }>): Fields {
  const { inquiry_id } = event.data;
  switch (event.type) {
    case 'InquiryOpened': {
      const { kind, sources, deadline } = event.data;
      return { inquiry_id, kind, sources: sources.map(({ source }) => source), deadline };
    }
    case 'InquiryAnswered':
      return { inquiry_id, source: event.data.source, attempt: event.data.attempt };
    case 'InquiryFailed': {
      const { source, attempt, retry } = event.data;
      return { inquiry_id, source, attempt, retry_at: retry?.at ?? null };
    }
    case 'InquiryClosed':
      return { inquiry_id, kind: event.data.kind, outcome: event.data.outcome, cause: event.data.cause };
    case 'InquiryCorrected':
      return { inquiry_id, source: event.data.source, cause: event.data.cause };
    default:
      return event satisfies never;
  }
}

/** The fields that have a value. */
function given(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** An event type of a newer version is not published: its public fields are not known here. */
function unknownEvent(_event: never): undefined {
  return undefined;
}
