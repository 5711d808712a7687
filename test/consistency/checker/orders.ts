import type { StoredEvent } from '../common/history.ts';

/** A statement of a system, with its time and clock; without an id, the clock of the node that recorded it. */
interface Said {
  readonly at: number;
  readonly id: string;
  readonly value: string;
  readonly system: string;
}

interface Parcel {
  readonly status?: Said;
  readonly tracking?: Said;
}

/** The statements of other systems so far. The workload names few orders, so none is dropped. */
export interface Outside {
  readonly focus: string | null;
  readonly orders: ReadonlyMap<string, Parcel>;
  readonly shipments: ReadonlyMap<string, Said>;
  /** The revision of the shown update of each system, kind and reference. */
  readonly updates: ReadonlyMap<string, Said & { readonly revision: number }>;
}

export const nothingSaid: Outside = {
  focus: null,
  orders: new Map(),
  shipments: new Map(),
  updates: new Map(),
};

type Data = Readonly<Record<string, unknown>>;

/** A user's turn may name an order, which then becomes the order in focus. */
export function mentioned(before: Outside, { sender, extracted_entities }: Data): Outside {
  const order = text((extracted_entities as Data | undefined)?.['order_id']);
  if (sender !== 'user' || order === undefined) return before;
  return { ...before, focus: order, orders: added(before.orders, order, before.orders.get(order) ?? {}) };
}

/**
 * An update of an order or shipment in its references; without references, orders and logistics name it in their
 * data.
 */
export function updated(before: Outside, { data, revision }: StoredEvent, recordedAt: string): Outside {
  const system = String(data['system']);
  const said = (value: unknown): Said | undefined =>
    typeof value === 'string' ? { value, system, ...timeOf(data, recordedAt) } : undefined;
  const key = JSON.stringify([system, data['kind'], data['reference']]);
  const shown = { ...timeOf(data, recordedAt), value: String(data['source_event_id']), system, revision };
  const known = before.updates.get(key);
  const updates = known && !isNewer(shown, known) ? before.updates : added(before.updates, key, shown);
  const { order, tracking, status } = namesOf(data, system);
  if (order !== undefined) {
    const parcel = before.orders.get(order) ?? {};
    const next = {
      status: latest(parcel.status, said(status)),
      tracking: latest(parcel.tracking, said(tracking)),
    };
    return { ...before, updates, focus: before.focus ?? order, orders: added(before.orders, order, next) };
  }
  const moved = tracking === undefined ? undefined : latest(before.shipments.get(tracking), said(status));
  if (tracking === undefined || moved === undefined) return { ...before, updates };
  return { ...before, updates, shipments: added(before.shipments, tracking, moved) };
}

/** The members of a context that show statements of other systems, without the time when the context got them. */
export function shownOf({ orders, shipments, focus, updates }: Outside): Data {
  const shown = [...orders].map(([order_id, { status: own, tracking }]) => {
    const shipped = tracking && shipments.get(tracking.value);
    const status = own && shipped ? (inTime(shipped, own) > 0 ? shipped : own) : (own ?? shipped);
    return [
      order_id,
      {
        order_id,
        status: status?.value ?? null,
        tracking_id: tracking?.value ?? null,
        status_at: status ? new Date(status.at).toISOString() : null,
        source: status?.system ?? null,
      },
    ] as const;
  });
  return {
    orders: Object.fromEntries(shown),
    order_tracking: shown.find(([order]) => order === focus)?.[1] ?? null,
    external: [...updates.values()]
      .sort((one, other) => inTime(one, other) || one.revision - other.revision)
      .map(({ revision, value }) => ({ revision, source_event_id: value })),
  };
}

/** The same members of a context that was read. */
export function trackedIn(context: {
  readonly orders: unknown;
  readonly order_tracking: unknown;
  readonly external: unknown;
}): Data {
  const order = (one: unknown): unknown => {
    if (one === null) return null;
    const { order_id, status, tracking_id, status_at, source } = one as Data;
    return { order_id, status, tracking_id, status_at, source };
  };
  const orders = Object.entries(context.orders as Data).map(([id, one]) => [id, order(one)]);
  return {
    orders: Object.fromEntries(orders) as unknown,
    order_tracking: order(context.order_tracking),
    external: (context.external as Data[]).map(({ revision, source_event_id }) => ({
      revision,
      source_event_id,
    })),
  };
}

function namesOf(data: Data, system: string): { order?: string; tracking?: string; status?: string } {
  const references = data['references'] as Data | undefined;
  if (references !== undefined)
    return { ...named(references['order'], references['tracking']), status: text(data['status']) };
  if (system !== 'orders' && system !== 'logistics') return {};
  const content = data['data'] as Data;
  const names = named(content['order_id'], content['tracking_id']);
  return { ...names, status: text(data['status'] ?? content['status']) };
}

function named(order: unknown, tracking: unknown): { order?: string; tracking?: string } {
  return { order: text(order), tracking: text(tracking) };
}

function timeOf(data: Data, recordedAt: string): { at: number; id: string } {
  const source = text(data['occurred_at_source']);
  return source === undefined
    ? { at: Date.parse(recordedAt), id: '' }
    : { at: Date.parse(source), id: String(data['source_event_id']) };
}

type Time = Pick<Said, 'at' | 'id'>;

function latest(known: Said | undefined, said: Said | undefined): Said | undefined {
  if (known === undefined || said === undefined) return said ?? known;
  return isNewer(said, known) ? { ...said, at: Math.max(said.at, known.at) } : known;
}

/** Without times of the systems, a later recording is newer, regardless of the nodes' clocks. */
function isNewer(said: Time, known: Time): boolean {
  return (said.id === '' && known.id === '') || inTime(said, known) > 0;
}

/** Ordered by time, then by the length of the id, then by the id. */
function inTime(one: Time, other: Time): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.id.length !== other.id.length) return one.id.length - other.id.length;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}

function added<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value): Map<string, Value> {
  return new Map([...map, [key, value]]);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
