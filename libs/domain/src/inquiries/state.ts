import type { InquiryOutcome } from './events.ts';
import type { Origin } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { UpdateReferences } from '../tracking/events.ts';
import type { InquiryKind } from './kinds.ts';

/** How many inquiries a session may have open, and how many closed ones its context shows. */
export const openInquiriesLimit = 8;
export const closedInquiriesKept = 3;
/** Of how many closed inquiries a late answer is still recognised. */
export const inquiryIdsKept = 64;
/** A source's answer is at most this large (characters of JSON). */
export const answerLimit = 8_192;

export interface InquirySource {
  /** `waiting` for another source's answer, `retrying` after a failure, `late` answered after the end. */
  readonly status: 'waiting' | 'asked' | 'retrying' | 'answered' | 'failed' | 'skipped' | 'late';
  readonly required: boolean;
  readonly after: readonly string[];
  readonly attempt: number;
  readonly asked_at: string | null;
  readonly settled_at: string | null;
  /** From being asked first to the answer. */
  readonly latency_ms: number | null;
  readonly reason: string | null;
  /** It failed for good, and said so itself. */
  readonly said_no?: boolean;
  /** While the inquiry is open; afterwards its answer holds it. */
  readonly data: JsonObject | null;
}

/** Its origin is the request that opened it, which its requests and answers continue. */
export interface Inquiry extends Origin {
  readonly inquiry_id: string;
  readonly kind: string;
  readonly subject: JsonObject;
  /** What its subject names, as its kind declares. */
  readonly about: UpdateReferences;
  readonly status: 'open' | InquiryOutcome;
  readonly opened_at: string;
  readonly deadline: string;
  readonly closed_at: string | null;
  readonly sources: { readonly [source: string]: InquirySource };
  readonly answer: JsonObject | null;
  /** Answers that came late or twice. */
  readonly corrections: number;
}

interface Inquiries {
  readonly open: readonly Inquiry[];
  /** The last ones, the latest last. */
  readonly closed: readonly Inquiry[];
}

/** What a session knows of its inquiries. */
export interface InquiryState {
  readonly inquiries: Inquiries;
  /** The ids of those closed before the ones that are shown. */
  readonly earlier_inquiries: readonly string[];
  /** What the kinds of the open ones were when they were opened; of a kind that is not known there is none. */
  readonly inquiry_kinds: readonly { readonly inquiry_id: string; readonly kind: InquiryKind }[];
}

export const noInquiries: InquiryState = {
  inquiries: { open: [], closed: [] },
  earlier_inquiries: [],
  inquiry_kinds: [],
};

/** The kind of an open inquiry, if it is known. */
export function kindOf({ inquiry_kinds }: InquiryState, { inquiry_id }: Inquiry): InquiryKind | undefined {
  return inquiry_kinds.find((item) => item.inquiry_id === inquiry_id)?.kind;
}

/** The inquiry of that id, open or closed, unless it is an earlier one. */
export function findInquiry({ inquiries }: InquiryState, id: string): Inquiry | undefined {
  return [...inquiries.open, ...inquiries.closed].find(({ inquiry_id }) => inquiry_id === id);
}

/** The source of that name, when the inquiry has it. */
export function sourceOf({ sources }: Pick<Inquiry, 'sources'>, name: string): InquirySource | undefined {
  return Object.hasOwn(sources, name) ? sources[name] : undefined;
}

/** Whether a source neither answered nor failed for good yet. */
export function isPending({ status }: InquirySource): boolean {
  return status === 'waiting' || status === 'asked' || status === 'retrying';
}
