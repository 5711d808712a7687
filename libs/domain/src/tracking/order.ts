import type { JsonObject } from '../kernel/json.ts';
import type { OrderTracking } from './state.ts';

/** The order after the conversation named one. */
export function mentionOrder(known: OrderTracking | null, order: unknown, at: string): OrderTracking | null {
  if (typeof order !== 'string' || order === known?.order_id) return known;
  return { order_id: order, status: null, tracking_id: null, updated_at: at };
}

/** The order after what a system said: the order and logistics systems are believed, others change nothing. */
export function trackOrder(
  known: OrderTracking | null,
  update: { readonly system: string; readonly reference: string | null; readonly data: JsonObject },
  updated_at: string,
): OrderTracking | null {
  if (update.system !== 'orders' && update.system !== 'logistics') return known;
  const named = update.data['order_id'] ?? (update.system === 'orders' ? update.reference : known?.order_id);
  if (typeof named !== 'string') return known;
  const before = known?.order_id === named ? known : null;
  const text = (field: string): string | null => {
    const value = update.data[field];
    return typeof value === 'string' ? value : null;
  };
  return {
    order_id: named,
    status: text('status') ?? before?.status ?? null,
    tracking_id: text('tracking_id') ?? before?.tracking_id ?? null,
    updated_at,
  };
}
