import type { Event, FieldClasses } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { InquiryKind } from './kinds.ts';

/** A request to a source, to send now. */
export interface InquiryRequest {
  readonly source: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  readonly request: JsonObject;
}

/** A source of an inquiry, as declared when the inquiry was opened. */
interface DeclaredSource {
  readonly source: string;
  /** The sources whose answers it depends on. */
  readonly after: readonly string[];
  readonly required: boolean;
}

/** Details that a reply gives about itself. */
export interface ReplyOrigin {
  /** When it happened according to its source: the time of its CloudEvent (ISO 8601, UTC). */
  readonly occurred_at_source?: string;
  /** Its own W3C trace context; the event's metadata has that of the inquiry. */
  readonly source_traceparent?: string;
}

export const inquiryOutcomes = ['complete', 'partial', 'failed', 'expired', 'cancelled'] as const;
/**
 * The first that holds: `cancelled`, the answer is no longer wanted; `complete`, every source that had to be asked has
 * answered, and the kind is known; `failed`, a required source itself reported a final failure; `partial`, some source
 * answered; `expired`, none did.
 */
export type InquiryOutcome = (typeof inquiryOutcomes)[number];

export type InquiryOpened = Event<
  'InquiryOpened',
  {
    inquiry_id: string;
    kind: string;
    subject: JsonObject;
    sources: readonly DeclaredSource[];
    deadline: string;
    requests: readonly InquiryRequest[];
    /** The sources that need not be asked. */
    skipped?: readonly string[];
    /** The declaration of its kind at that time. Absent: see `formerInquiryKinds`. */
    declared?: InquiryKind;
  }
>;
export type InquiryAnswered = Event<
  'InquiryAnswered',
  {
    inquiry_id: string;
    source: string;
    attempt: number;
    data: JsonObject;
    /** The id of the reply: its CloudEvent's source and id. */
    reply_id: string;
    /** The sources that can be asked now that this answer is known, and those that need not be asked after all. */
    requests: readonly InquiryRequest[];
    skipped: readonly string[];
  } & ReplyOrigin
>;
export type InquiryFailed = Event<
  'InquiryFailed',
  {
    inquiry_id: string;
    source: string;
    attempt: number;
    reason: string;
    reply_id: string | null;
    /** Whether the source said that a retry may help. */
    retryable?: boolean;
    /** The next attempt: when, and the request. Null: there is none. */
    retry: { readonly at: string; readonly request: InquiryRequest } | null;
  } & ReplyOrigin
>;
export type InquiryClosed = Event<
  'InquiryClosed',
  {
    inquiry_id: string;
    kind: string;
    outcome: InquiryOutcome;
    cause: 'settled' | 'deadline' | 'cancelled' | 'session_over';
    answer: JsonObject | null;
    /** The sources that were asked and had not answered by then. */
    unanswered: readonly string[];
    /** Those of them whose request was certainly in Kafka, when the inquiry closed at its deadline. */
    silent?: readonly string[];
  }
>;
/** An answer after the inquiry was closed, or a second one of the same source. */
export type InquiryCorrected = Event<
  'InquiryCorrected',
  {
    inquiry_id: string;
    source: string;
    cause: 'late' | 'duplicate';
    /** The source's answer; null when it failed, with the reason. */
    data: JsonObject | null;
    reason: string | null;
    reply_id: string | null;
  } & ReplyOrigin
>;

export type InquiryEvent = InquiryOpened | InquiryAnswered | InquiryFailed | InquiryClosed | InquiryCorrected;

const origin = { occurred_at_source: 'plain', source_traceparent: 'plain' } as const;

export const inquiryFieldClasses: FieldClasses<InquiryEvent> = {
  InquiryOpened: {
    inquiry_id: 'plain',
    kind: 'plain',
    subject: 'personal',
    sources: 'plain',
    deadline: 'plain',
    requests: 'personal',
    skipped: 'plain',
    declared: 'plain',
  },
  InquiryAnswered: {
    inquiry_id: 'plain',
    source: 'plain',
    attempt: 'plain',
    data: 'personal',
    reply_id: 'plain',
    requests: 'personal',
    skipped: 'plain',
    ...origin,
  },
  InquiryFailed: {
    inquiry_id: 'plain',
    source: 'plain',
    attempt: 'plain',
    reason: 'personal',
    reply_id: 'plain',
    retryable: 'plain',
    retry: 'personal',
    ...origin,
  },
  InquiryClosed: {
    inquiry_id: 'plain',
    kind: 'plain',
    outcome: 'plain',
    cause: 'plain',
    answer: 'personal',
    unanswered: 'plain',
    silent: 'plain',
  },
  InquiryCorrected: {
    inquiry_id: 'plain',
    source: 'plain',
    cause: 'plain',
    data: 'personal',
    reason: 'personal',
    reply_id: 'plain',
    ...origin,
  },
};
