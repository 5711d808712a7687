import type { JsonObject } from '../kernel/json.ts';
import type { Fact } from './source-time.ts';

/** How many external updates the context keeps: the latest of each system, kind and reference, by their systems' clocks. */
export const externalKept = 20;
/** Data larger than this (characters of JSON) stays in the stream; the context has the update's revision. */
export const externalDataLimit = 4_096;
/** A public text longer than this stays in the stream, too. */
export const publicTextLimit = 1_000;
/** How many orders the context shows: the one in focus, and of the others those that were mentioned or updated last. */
export const ordersKept = 5;
/** Of how many orders the facts are kept, by the same rule: one that is mentioned again has what was known of it. */
export const factsKept = 50;
/** How many shipments are remembered: those of the orders that are kept, and of the others those that moved last. */
export const shipmentsKept = 60;

/** What is known of an order. */
export interface Order {
  readonly order_id: string;
  /** What was reported last of the order or its shipment, by the clocks of the systems that report. */
  readonly status: string | null;
  readonly tracking_id: string | null;
  /** When Turnstream learned something new of it. */
  readonly updated_at: string;
  /** Since when it has that status, and the system that says so. */
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
  /** It came in before the session began. */
  readonly before_session: boolean;
  /** Null: its system did not say. */
  readonly occurred_at_source: string | null;
  readonly source_event_id: string;
  readonly revision: number;
  readonly timestamp: string;
}

/** What systems say of an order itself. */
export interface OrderFacts {
  readonly order_id: string;
  readonly status: Fact | null;
  readonly tracking_id: Fact | null;
  /** When it was mentioned or updated last. */
  readonly active_at: string;
}

/** What systems say of a shipment without naming its order. */
export interface ShipmentFacts {
  readonly tracking_id: string;
  readonly status: Fact;
}

/** What is known of orders. The first two follow from the facts and are shown, of the latest orders. */
export interface OrderState {
  /** By id. */
  readonly orders: { readonly [order_id: string]: Order };
  /** The one in focus: the conversation mentioned it last, or none, and it is the first of which something came in. */
  readonly order_tracking: Order | null;
  readonly order_facts: {
    readonly orders: readonly OrderFacts[];
    readonly shipments: readonly ShipmentFacts[];
  };
}

/** What other systems have said, the latest last, and what follows for the orders. */
export interface TrackingState extends OrderState {
  readonly external: readonly ExternalUpdate[];
}

export const noTracking: TrackingState = {
  external: [],
  orders: {},
  order_tracking: null,
  order_facts: { orders: [], shipments: [] },
};
