import type { JsonObject } from '../kernel/json.ts';

export type Answers = { readonly [source: string]: JsonObject };

/** A system that is asked. */
interface SourceKind {
  /** The sources whose answers it needs first. */
  readonly after: readonly string[];
  /** Whether the inquiry needs its answer. */
  readonly required: boolean;
  /** What it is asked; null when it need not be asked after all. */
  readonly request: (subject: JsonObject, answers: Answers) => JsonObject | null;
}

/** One kind of question: whom it goes to, in which order, how long it may take, and what becomes of the answers. */
export interface InquiryKind {
  /** The fields that the subject must have, each a text. */
  readonly subject: readonly string[];
  readonly sources: { readonly [source: string]: SourceKind };
  readonly deadline_ms: number;
  /** How often a source that fails is asked in all, and how long to wait before the second time; then twice as long. */
  readonly retry: { readonly attempts: number; readonly backoff_ms: number };
  /** What happens when a required source did not answer. */
  readonly without_required: 'nothing' | 'request_handoff';
  readonly merge: (subject: JsonObject, answers: Answers) => JsonObject;
}

const order_status: InquiryKind = {
  subject: ['order_id'],
  sources: {
    orders: { after: [], required: true, request: ({ order_id }) => fields({ order_id }) },
    logistics: {
      after: ['orders'],
      required: false,
      request: ({ order_id }, { orders }) => {
        const tracking_id = orders?.['tracking_id'];
        return typeof tracking_id === 'string' ? fields({ order_id, tracking_id }) : null;
      },
    },
  },
  deadline_ms: 5_000,
  retry: { attempts: 3, backoff_ms: 250 },
  without_required: 'nothing',
  merge: ({ order_id }, { orders, logistics }) => ({
    ...orders,
    ...logistics,
    ...fields({ order_id }),
    ...(orders && { order_status: orders['status'] ?? null }),
  }),
};

const payout_status: InquiryKind = {
  subject: ['payout_id'],
  sources: {
    payments: { after: [], required: true, request: ({ payout_id }) => fields({ payout_id }) },
    orders: { after: [], required: false, request: ({ payout_id }) => fields({ payout_id }) },
  },
  deadline_ms: 5_000,
  retry: { attempts: 2, backoff_ms: 500 },
  without_required: 'request_handoff',
  merge: ({ payout_id }, { payments, orders }) => ({
    ...payments,
    ...fields({ payout_id }),
    orders: orders?.['orders'] ?? null,
  }),
};

/** The kinds that can be asked. A new one needs nothing else than its line here. */
export const inquiryKinds: { readonly [kind: string]: InquiryKind } = { order_status, payout_status };

/** Every source that some kind asks: each has its topic of requests. */
export const inquirySources: readonly string[] = [
  ...new Set(Object.values(inquiryKinds).flatMap((kind) => Object.keys(kind.sources))),
].sort();

/** A kind by its name. */
export function inquiryKind(name: string): InquiryKind | undefined {
  return Object.hasOwn(inquiryKinds, name) ? inquiryKinds[name] : undefined;
}

function fields(members: { readonly [field: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([field, value]) => [field, value ?? null]));
}
