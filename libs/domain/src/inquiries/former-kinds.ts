import type { InquiryKinds } from './kinds.ts';

/** The kinds from before inquiries carried their declaration. Old events mean these, so they never change. */
export const formerInquiryKinds: InquiryKinds = {
  order_status: {
    subject: ['order_id'],
    about: { order: 'order_id' },
    sources: {
      orders: { required: true, request: { order_id: '/subject/order_id' } },
      logistics: {
        after: ['orders'],
        request: { order_id: '/subject/order_id', tracking_id: '/answers/orders/tracking_id' },
      },
    },
    deadline_ms: 5_000,
    retry: { attempts: 3, backoff_ms: 250 },
    without_required: 'nothing',
    merge: [
      '/answers/orders',
      '/answers/logistics',
      {
        order_id: '/subject/order_id',
        order_status: { pointer: '/answers/orders/status', otherwise: null },
      },
    ],
  },
  payout_status: {
    subject: ['payout_id'],
    about: { payout: 'payout_id' },
    sources: {
      payments: { required: true, request: { payout_id: '/subject/payout_id' } },
      orders: { request: { payout_id: '/subject/payout_id' } },
    },
    deadline_ms: 5_000,
    retry: { attempts: 2, backoff_ms: 500 },
    without_required: 'request_handoff',
    merge: [
      '/answers/payments',
      {
        payout_id: '/subject/payout_id',
        orders: { pointer: '/answers/orders/orders', otherwise: null },
      },
    ],
  },
};
