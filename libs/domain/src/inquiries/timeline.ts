import type { RecordedEvent } from '../kernel/event.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import type { InquiryEvent, InquiryOutcome, ReplyOrigin } from './events.ts';

/** A step of an inquiry, past or planned: a `retried` source is asked again at that time. */
export interface InquiryStep extends ReplyOrigin {
  readonly step: 'opened' | 'asked' | 'answered' | 'failed' | 'retried' | 'skipped' | 'closed' | 'corrected';
  /** ISO 8601. */
  readonly at: string;
  readonly revision: number;
  readonly source: string | null;
  readonly attempt: number | null;
  /** Why a source failed or has no answer. */
  readonly reason: string | null;
  /** Why the inquiry closed, or the kind of a correction: `late` or `duplicate`. */
  readonly cause: string | null;
  readonly outcome: InquiryOutcome | null;
}

/** The steps that an event of an inquiry adds, in order. */
export function stepsOf(event: RecordedEvent<InquiryEvent>): InquiryStep[] {
  const { revision, metadata } = event;
  const nothing = { source: null, attempt: null, reason: null, cause: null, outcome: null };
  const step = (name: InquiryStep['step'], more: Partial<InquiryStep> = {}): InquiryStep => ({
    step: name,
    at: metadata.occurred_at,
    revision,
    ...nothing,
    ...more,
  });
  switch (event.type) {
    case 'InquiryOpened': {
      const { requests, skipped = [] } = event.data;
      return [
        step('opened'),
        ...requests.map(({ source, attempt }) => step('asked', { source, attempt })),
        ...skipped.map((source) => step('skipped', { source })),
      ];
    }
    case 'InquiryAnswered': {
      const { source, attempt, requests, skipped } = event.data;
      return [
        step('answered', { source, attempt, ...originOf(event.data) }),
        ...requests.map((request) => step('asked', { source: request.source, attempt: request.attempt })),
        ...skipped.map((name) => step('skipped', { source: name })),
      ];
    }
    case 'InquiryFailed': {
      const { source, attempt, reason, retry } = event.data;
      const failed = step('failed', { source, attempt, reason, ...originOf(event.data) });
      if (retry === null) return [failed];
      return [failed, step('retried', { at: retry.at, source, attempt: retry.request.attempt })];
    }
    case 'InquiryClosed': {
      const { cause, outcome } = event.data;
      return [step('closed', { cause, outcome })];
    }
    case 'InquiryCorrected': {
      const { source, cause, reason } = event.data;
      return [step('corrected', { source, cause, reason, ...originOf(event.data) })];
    }
    default:
      return unknownEvent([], event);
  }
}

function originOf({ occurred_at_source, source_traceparent }: ReplyOrigin): ReplyOrigin {
  return {
    ...(occurred_at_source !== undefined && { occurred_at_source }),
    ...(source_traceparent !== undefined && { source_traceparent }),
  };
}
