import type { JsonObject } from '../kernel/json.ts';

/** How many external updates the context keeps: the latest of each system, kind and reference. */
export const externalKept = 20;
/** Data larger than this (characters of JSON) stays in the stream; the context has the update's revision. */
export const externalDataLimit = 4_096;

/** What is known of the order that the conversation is about. */
export interface OrderTracking {
  readonly order_id: string;
  readonly status: string | null;
  readonly tracking_id: string | null;
  readonly updated_at: string;
}

export interface ExternalUpdate {
  readonly system: string;
  readonly kind: string;
  readonly reference: string | null;
  /** Null: too large. */
  readonly data: JsonObject | null;
  readonly revision: number;
  readonly timestamp: string;
}

/** What other systems have said, the latest last, and what follows for the order. */
export interface TrackingState {
  readonly external: readonly ExternalUpdate[];
  readonly order_tracking: OrderTracking | null;
}
