import type { InquiryOutcome } from './events.ts';
import type { Origin } from '../kernel/event.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { UpdateReferences } from '../tracking/events.ts';
import type { InquiryKind } from './kinds.ts';

/** How many inquiries a session may have open, and how many closed ones its context shows. */
export const openInquiriesLimit = 8;
export const closedInquiriesKept = 3;
/** For how many closed inquiries a late answer is still recognised. */
export const inquiryIdsKept = 64;
/** The size limit of a source's answer (characters of JSON). */
export const answerLimit = 8_192;

export interface InquirySource {
  /** `waiting` for another source's answer, `retrying` after a failure, `late`: answered after the end. */
  readonly status: 'waiting' | 'asked' | 'retrying' | 'answered' | 'failed' | 'skipped' | 'late';
  readonly required: boolean;
  readonly after: readonly string[];
  readonly attempt: number;
  readonly asked_at: string | null;
  readonly settled_at: string | null;
  /** From the first request to the answer. */
  readonly latency_ms: number | null;
  readonly reason: string | null;
  /** The source itself reported a final failure. */
  readonly said_no?: boolean;
  /** Only while the inquiry is open; afterwards the inquiry's answer has it. */
  readonly data: JsonObject | null;
}

/** Its origin is the request that opened it, which its requests and answers continue. */
export interface Inquiry extends Origin {
  readonly inquiry_id: string;
  readonly kind: string;
  readonly subject: JsonObject;
  /** The references in its subject, as declared by its kind. */
  readonly about: UpdateReferences;
  readonly status: 'open' | InquiryOutcome;
  readonly opened_at: string;
  readonly deadline: string;
  readonly closed_at: string | null;
  readonly sources: { readonly [source: string]: InquirySource };
  readonly answer: JsonObject | null;
  /** Late or repeated answers. */
  readonly corrections: number;
}

interface Inquiries {
  readonly open: readonly Inquiry[];
  /** The latest ones, the last one last. */
  readonly closed: readonly Inquiry[];
}

/** The inquiries of a session. */
export interface InquiryState {
  readonly inquiries: Inquiries;
  /** The ids of inquiries closed before the shown ones. */
  readonly earlier_inquiries: readonly string[];
  /** The kinds of the open inquiries as of their opening; unknown kinds are absent. */
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

/** The inquiry with that id, open or closed, unless it is no longer shown. */
export function findInquiry({ inquiries }: InquiryState, id: string): Inquiry | undefined {
  return [...inquiries.open, ...inquiries.closed].find(({ inquiry_id }) => inquiry_id === id);
}

/** The source with that name, if the inquiry has it. */
export function sourceOf({ sources }: Pick<Inquiry, 'sources'>, name: string): InquirySource | undefined {
  return Object.hasOwn(sources, name) ? sources[name] : undefined;
}

/** Whether a source has neither answered nor failed for good. */
export function isPending({ status }: InquirySource): boolean {
  return status === 'waiting' || status === 'asked' || status === 'retrying';
}
