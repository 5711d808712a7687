import type { JsonObject } from '../kernel/json.ts';
import type { Fact } from './source-time.ts';

/** How many external updates the context keeps: the latest of each system, kind and reference, by their systems' clocks. */
export const externalKept = 20;
/** Data larger than this (characters of JSON) stays in the stream; the context has the update's revision. */
export const externalDataLimit = 4_096;
/** A longer public text stays in the stream, too. */
export const publicTextLimit = 1_000;
/** How many orders the context shows: the one in focus, and the most recently mentioned or updated others. */
export const ordersKept = 5;
/** For how many orders facts are kept, by the same rule: an order that is mentioned again has its known facts. */
export const factsKept = 50;
/** How many shipments are remembered: those of the kept orders, and the most recently updated others. */
export const shipmentsKept = 60;

/** The known facts of an order. */
export interface Order {
  readonly order_id: string;
  /** The latest report about the order or its shipment, by the clocks of the reporting systems. */
  readonly status: string | null;
  readonly tracking_id: string | null;
  /** When Turnstream last learned something new about it. */
  readonly updated_at: string;
  /** Since when it has that status, and the system that reported it. */
  readonly status_at: string | null;
  readonly source: string | null;
}

export interface ExternalUpdate {
  readonly system: string;
  readonly kind: string;
  readonly reference: string | null;
  /** Null: too large. */
  readonly data: JsonObject | null;
  readonly status: string | null;
  readonly public_text: string | null;
  /** It arrived before the session started. */
  readonly before_session: boolean;
  /** Null: its system gave no time. */
  readonly occurred_at_source: string | null;
  readonly source_event_id: string;
  readonly revision: number;
  readonly timestamp: string;
}

/** What systems report about an order itself. */
export interface OrderFacts {
  readonly order_id: string;
  readonly status: Fact | null;
  readonly tracking_id: Fact | null;
  /** When it was mentioned or updated last. */
  readonly active_at: string;
}

/** What systems report about a shipment without naming its order. */
export interface ShipmentFacts {
  readonly tracking_id: string;
  readonly status: Fact;
}

/** The known orders. The first two members are derived from the facts and show the latest orders. */
export interface OrderState {
  /** By id. */
  readonly orders: { readonly [order_id: string]: Order };
  /** The order in focus: the last one mentioned; while none was mentioned, the first one reported. */
  readonly order_tracking: Order | null;
  readonly order_facts: {
    readonly orders: readonly OrderFacts[];
    readonly shipments: readonly ShipmentFacts[];
  };
}

/** The updates of other systems, latest last, and the orders derived from them. */
export interface TrackingState extends OrderState {
  readonly external: readonly ExternalUpdate[];
}

export const noTracking: TrackingState = {
  external: [],
  orders: {},
  order_tracking: null,
  order_facts: { orders: [], shipments: [] },
};
