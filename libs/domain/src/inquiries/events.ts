import type { Event, FieldClasses } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { InquiryKind } from './kinds.ts';

/** What a source is asked now. */
export interface InquiryRequest {
  readonly source: string;
  /** Counts the times that the source is asked, from 1. */
  readonly attempt: number;
  readonly request: JsonObject;
}

/** One of the sources of an inquiry, as it was declared when the inquiry was opened. */
interface DeclaredSource {
  readonly source: string;
  /** The sources whose answers it needs first. */
  readonly after: readonly string[];
  readonly required: boolean;
}

/** What a reply says of itself. */
export interface ReplyOrigin {
  /** When its source says that it happened: the time of its CloudEvent (ISO 8601, UTC). */
  readonly occurred_at_source?: string;
  /** Its own W3C trace context; that of the event's metadata is the one of the inquiry. */
  readonly source_traceparent?: string;
}

export const inquiryOutcomes = ['complete', 'partial', 'failed', 'expired', 'cancelled'] as const;
/**
 * The first that holds: `cancelled`, the answer is not wanted any more; `complete`, every source answered that had to be
 * asked, and its kind is known; `failed`, a required source itself said for good that it has no answer; `partial`, some source
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
    /** Its kind as it was declared then. Without it: see `formerInquiryKinds`. */
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
    /** The reply that it came with: its CloudEvent's source and id. */
    reply_id: string;
    /** The sources that can be asked now that this answer is there, and those that need not be asked after all. */
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
    /** Whether the source said that asking again may help. */
    retryable?: boolean;
    /** When the source is asked once more, and what. Null: it is not. */
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
    /** Those of them whose request was in Kafka for sure, when it closed at its deadline. */
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
    /** What the source answered; null when it said that it failed, with the reason. */
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
