import type { SampleOrder } from './orders.ts';

type Fields = { readonly [field: string]: unknown };
/** A source's answer to a request; undefined when it does not know the subject. */
export type Answer = (request: Fields) => Fields | undefined;

/** The answers of the sample services, by source. */
export function sampleAnswers(orders: readonly SampleOrder[]): { readonly [source: string]: Answer } {
  const byId = new Map(orders.map((order) => [order.order_id, order]));
  const byTracking = new Map(orders.map((order) => [order.tracking_id, order]));
  return {
    orders: ({ order_id, payout_id }) => {
      if (payout_id !== undefined)
        return isPayout(payout_id)
          ? { orders: orders.slice(0, 3).map((order) => order.order_id) }
          : undefined;
      const order = byId.get(String(order_id));
      return order && { order_id: order.order_id, status: order.status, tracking_id: order.tracking_id };
    },
    logistics: ({ tracking_id }) => {
      const order = typeof tracking_id === 'string' ? byTracking.get(tracking_id) : undefined;
      if (!order) return undefined;
      const status = order.status === 'delivered' ? 'delivered' : 'out_for_delivery';
      return { tracking_id, order_id: order.order_id, status, place: order.place, expected_in_hours: 4 };
    },
    payments: ({ payout_id }) =>
      isPayout(payout_id) ? { payout_id, status: 'on_hold', amount: 8_450, currency: 'INR' } : undefined,
  };
}

/** The known payouts: `PO-2210` and so on. */
function isPayout(id: unknown): boolean {
  return typeof id === 'string' && /^PO-\d+$/.test(id);
}
