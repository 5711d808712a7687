import { later } from '../kernel/time.ts';
import type { OrderReport } from './reports.ts';
import { nameOf } from './reports.ts';
import { showOrders } from './shown-orders.ts';
import { newest } from './source-time.ts';
import type { Fact } from './source-time.ts';
import type { OrderFacts, OrderState } from './state.ts';

type Facts = OrderState['order_facts'];

/** The orders after the conversation named one, which comes into focus. Anything but an id changes nothing. */
export function mentionOrder(state: OrderState, named: unknown, at: string): OrderState {
  const order_id = nameOf(named);
  const before = state.order_tracking?.order_id ?? null;
  if (order_id === null || order_id === before) return state;
  const left = before === null ? state.order_facts : changeOrder(state.order_facts, before, at, {});
  return showOrders(state, changeOrder(left, order_id, at, {}), order_id, at);
}

/**
 * The orders after a report. It changes the order that it names, else the shipment, whose order may become
 * known later; never the order in focus just because it names none. The named order comes into focus only if none is.
 */
export function learnOfOrder(state: OrderState, report: OrderReport, recordedAt: string): OrderState {
  const facts = recall(state.order_facts, report);
  const focus = state.order_tracking?.order_id ?? report.order_id;
  return facts === state.order_facts ? state : showOrders(state, facts, focus, recordedAt);
}

function recall(facts: Facts, { system, order_id, tracking_id, status, time }: OrderReport): Facts {
  const factOf = (value: string | null): Fact | null => (value === null ? null : { value, system, ...time });
  const reported = factOf(status);
  if (order_id !== null)
    return changeOrder(facts, order_id, time.at, { status: reported, tracking_id: factOf(tracking_id) });
  return tracking_id === null || reported === null ? facts : changeShipment(facts, tracking_id, reported);
}

/** The facts after an order was named at a time, with the reported values. */
function changeOrder(
  facts: Facts,
  order_id: string,
  at: string,
  said: { readonly status?: Fact | null; readonly tracking_id?: Fact | null },
): Facts {
  const known = facts.orders.find((order) => order.order_id === order_id);
  const before = known ?? { order_id, status: null, tracking_id: null, active_at: at };
  const after: OrderFacts = {
    order_id,
    status: newest(before.status, said.status ?? null),
    tracking_id: newest(before.tracking_id, said.tracking_id ?? null),
    active_at: later(before.active_at, at),
  };
  if (known === undefined) return { ...facts, orders: [...facts.orders, after] };
  const isSame =
    after.status === known.status &&
    after.tracking_id === known.tracking_id &&
    after.active_at === known.active_at;
  return isSame
    ? facts
    : { ...facts, orders: facts.orders.map((order) => (order === known ? after : order)) };
}

function changeShipment(facts: Facts, tracking_id: string, reported: Fact): Facts {
  const known = facts.shipments.find((shipment) => shipment.tracking_id === tracking_id);
  const status = newest(known?.status ?? null, reported);
  if (status === null || status === known?.status) return facts;
  const others = facts.shipments.filter((shipment) => shipment !== known);
  return { ...facts, shipments: [...others, { tracking_id, status }] };
}
