import type { Event, PersonalFields } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';

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

export const inquiryOutcomes = ['complete', 'partial', 'expired', 'cancelled'] as const;
/** Every source answered, some did, none did, or the answer is not wanted any more. */
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
    /** Of when the answer is, by the clock of its source (ISO 8601, UTC). */
    occurred_at_source?: string | null;
    /** The sources that can be asked now that this answer is there, and those that need not be asked after all. */
    requests: readonly InquiryRequest[];
    skipped: readonly string[];
  }
>;
export type InquiryFailed = Event<
  'InquiryFailed',
  {
    inquiry_id: string;
    source: string;
    attempt: number;
    reason: string;
    reply_id: string | null;
    /** When the source is asked once more, and what. Null: it is not. */
    retry: { readonly at: string; readonly request: InquiryRequest } | null;
  }
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
    /** Of when the answer is, by the clock of its source (ISO 8601, UTC). */
    occurred_at_source?: string | null;
  }
>;

export type InquiryEvent = InquiryOpened | InquiryAnswered | InquiryFailed | InquiryClosed | InquiryCorrected;

export const inquiryPersonalFields: PersonalFields<InquiryEvent> = {
  InquiryOpened: [],
  InquiryAnswered: ['data'],
  InquiryFailed: ['reason'],
  InquiryClosed: ['answer'],
  InquiryCorrected: ['data', 'reason'],
};
