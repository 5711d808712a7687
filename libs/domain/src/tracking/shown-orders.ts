import { later } from '../kernel/time.ts';
import type { Fact } from './source-time.ts';
import { compareTimes } from './source-time.ts';
import type { Order, OrderFacts, OrderState, ShipmentFacts } from './state.ts';
import { factsKept, ordersKept, shipmentsKept } from './state.ts';

type Facts = OrderState['order_facts'];

const learned = ['status', 'tracking_id', 'status_at', 'source'] as const;

/** The orders shown from these facts, within the limits. An order without changes stays the same object. */
export function showOrders(before: OrderState, facts: Facts, focus: string | null, at: string): OrderState {
  const order_facts = bounded(facts, focus);
  const shown = latestOrders(order_facts, ordersKept, focus).map((order) =>
    show(order, order_facts.shipments, knownOrder(before, order.order_id), at),
  );
  const isSame =
    shown.length === Object.keys(before.orders).length &&
    shown.every((order) => order === knownOrder(before, order.order_id));
  const orders = isSame
    ? before.orders
    : Object.fromEntries(shown.map((order) => [order.order_id, order] as const));
  const inFocus = shown.find(({ order_id }) => order_id === focus) ?? null;
  const isUnmoved = focus === before.order_tracking?.order_id && inFocus === knownOrder(before, focus);
  return { orders, order_tracking: isUnmoved ? before.order_tracking : inFocus, order_facts };
}

function knownOrder({ orders }: OrderState, order_id: string): Order | undefined {
  return Object.hasOwn(orders, order_id) ? orders[order_id] : undefined;
}

function show(
  order: OrderFacts,
  shipments: readonly ShipmentFacts[],
  known: Order | undefined,
  at: string,
): Order {
  const status = latestStatus(order, shipments);
  const shown: Order = {
    order_id: order.order_id,
    status: status?.value ?? null,
    tracking_id: order.tracking_id?.value ?? null,
    updated_at: known?.updated_at ?? at,
    status_at: status?.at ?? null,
    source: status?.system ?? null,
  };
  if (known === undefined) return shown;
  const isSame = learned.every((field) => shown[field] === known[field]);
  return isSame ? known : { ...shown, updated_at: at };
}

/** The latest status reported for the order or its present shipment. */
function latestStatus({ status, tracking_id }: OrderFacts, shipments: readonly ShipmentFacts[]): Fact | null {
  const shipment = shipments.find((item) => item.tracking_id === tracking_id?.value)?.status ?? null;
  if (status === null || shipment === null) return status ?? shipment;
  return compareTimes(shipment, status) > 0 ? shipment : status;
}

/** The facts within their limits. */
function bounded(facts: Facts, focus: string | null): Facts {
  const { orders, shipments } = facts;
  if (orders.length <= factsKept && shipments.length <= shipmentsKept) return facts;
  const kept = latestOrders(facts, factsKept, focus);
  const tracked = new Set(kept.map(({ tracking_id }) => tracking_id?.value));
  return {
    orders: kept,
    shipments: latest(
      shipments,
      shipmentsKept,
      ({ tracking_id }) => tracked.has(tracking_id),
      ({ status }) => status.at,
    ),
  };
}

/** At most `count` orders: the one in focus, and the most recently mentioned or updated others. */
function latestOrders(
  { orders, shipments }: Facts,
  count: number,
  focus: string | null,
): readonly OrderFacts[] {
  if (orders.length <= count) return orders;
  const activity = (order: OrderFacts): string =>
    later(order.active_at, latestStatus(order, shipments)?.at ?? order.active_at);
  return latest(orders, count, ({ order_id }) => order_id === focus, activity);
}

/** At most `count` items, in their order: those that must stay, and the latest others. */
function latest<T>(
  items: readonly T[],
  count: number,
  mustStay: (item: T) => boolean,
  timeOf: (item: T) => string,
): T[] {
  const byTime = items
    .map((item) => ({ item, stays: Number(mustStay(item)), at: Date.parse(timeOf(item)) }))
    .sort((one, other) => other.stays - one.stays || other.at - one.at);
  const kept = new Set(byTime.slice(0, count).map(({ item }) => item));
  return items.filter((item) => kept.has(item));
}
