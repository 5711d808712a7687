import type { HandoffRequested } from '../handoff/events.ts';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type {
  AnswerInquiry,
  CancelInquiry,
  FailInquirySource,
  InquiryCommand,
  OpenInquiry,
} from './commands.ts';
import { decideInquiry } from './decide.ts';
import type { InquiryEvent } from './events.ts';
import type { InquiryKind } from './kinds.ts';
import { formerInquiryKinds } from './former-kinds.ts';
import { evolveInquiries } from './evolve.ts';
import type { InquiryState } from './state.ts';
import { noInquiries } from './state.ts';

/** For specs: the inquiries of a session without a requested handoff. */
export const { given, givenCommands } = scenariosOf<
  InquiryState,
  InquiryCommand,
  InquiryEvent | HandoffRequested
>({
  initial: noInquiries,
  decide: (command, state) => decideInquiry(command, state, 'none'),
  evolve: (state, event) => (event.type === 'HandoffRequested' ? state : evolveInquiries(state, event)),
});

export const { order_status, payout_status } = formerInquiryKinds as {
  readonly [name in 'order_status' | 'payout_status']: InquiryKind;
};

/** Opens inquiry "i1" about order "ORD1" with a deadline after 60 s. */
export const open = (more: Partial<OpenInquiry> = {}): OpenInquiry => ({
  type: 'OpenInquiry',
  inquiry_id: 'i1',
  kind: 'order_status',
  declared: order_status,
  subject: { order_id: 'ORD1' },
  timeout_ms: 60_000,
  now: timeOf(0),
  ...more,
});
export const openPayout = (more: Partial<OpenInquiry> = {}): OpenInquiry =>
  open({ kind: 'payout_status', declared: payout_status, subject: { payout_id: 'PAY1' }, ...more });
/** Opens "i1" of a kind that asks `orders`, which is required unless declared otherwise. */
export const openDeclared = (declared: Partial<InquiryKind>): OpenInquiry =>
  open({
    kind: 'warranty',
    declared: {
      ...order_status,
      sources: { orders: { required: true, request: { order_id: '/subject/order_id' } } },
      ...declared,
    },
  });

export const answer = (source: string, data = {}, more: Partial<AnswerInquiry> = {}): AnswerInquiry => ({
  type: 'AnswerInquiry',
  inquiry_id: 'i1',
  source,
  attempt: 1,
  data,
  reply_id: `${source}/1`,
  now: timeOf(5),
  ...more,
});

export const fail = (source: string, more: Partial<FailInquirySource> = {}): FailInquirySource => ({
  type: 'FailInquirySource',
  inquiry_id: 'i1',
  source,
  attempt: 1,
  reason: 'down',
  retryable: false,
  reply_id: null,
  now: timeOf(5),
  ...more,
});

export const close = (now: string): InquiryCommand => ({ type: 'CloseInquiry', inquiry_id: 'i1', now });
export const cancel: CancelInquiry = { type: 'CancelInquiry', inquiry_id: 'i1' };

/** The types of the events, or the code of the rejection. */
export function typesOf(outcome: readonly { readonly type: string }[] | string): readonly string[] | string {
  return typeof outcome === 'string' ? outcome : outcome.map(({ type }) => type);
}

/** Opens an inquiry about another order. */
export function another(index: number, more: Partial<OpenInquiry> = {}): OpenInquiry {
  return open({ inquiry_id: `i${index}`, subject: { order_id: `ORD${index}` }, ...more });
}
