import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** An order of the sample services. */
export interface SampleOrder {
  readonly order_id: string;
  readonly status: string;
  readonly tracking_id: string | null;
  readonly place: string;
}

interface RetailOrder {
  readonly order_id: string;
  readonly status: string;
  readonly address?: { readonly city?: string };
  readonly fulfillments?: readonly { readonly tracking_id?: readonly string[] }[];
}

const file = 'tau-bench/retail_orders.json.gz';
const cities = ['Pune', 'Nagpur', 'Surat', 'Kochi', 'Indore', 'Patna'];
const statuses = ['pending', 'processed', 'delivered', 'processed'];

/** The order of the documents and examples. */
export const documentedOrders: readonly SampleOrder[] = [
  { order_id: 'ORD9823', status: 'processed', tracking_id: 'TRK551', place: 'Pune' },
];

/**
 * The retail orders of TURNSTREAM_ORDERS (or of the data beside the project), otherwise generated ones, plus those of
 * the documents; and their source.
 */
export function sampleOrders(): { source: string; orders: readonly SampleOrder[] } {
  const { source, orders } = ownOrders();
  return { source, orders: [...orders, ...documentedOrders] };
}

function ownOrders(): { source: string; orders: readonly SampleOrder[] } {
  const given = process.env['TURNSTREAM_ORDERS'];
  const path = resolve(given || `../shared/data/${file}`);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const why = given ? 'the file of TURNSTREAM_ORDERS does not exist' : 'TURNSTREAM_ORDERS names no file';
    return { source: `generated, since ${why}`, orders: generatedOrders(1_000) };
  }
  const bytes = readFileSync(path);
  const text = path.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
  const orders = Object.values(JSON.parse(text) as Record<string, RetailOrder>).map(fromRetail);
  return { source: path, orders };
}

/**
 * Generated orders: `ORD1000` and so on.
 * @param suffix of the ids of order and parcel, by index
 */
export function generatedOrders(
  count: number,
  suffix = (index: number): string => String(1_000 + index),
): SampleOrder[] {
  return Array.from({ length: count }, (_, index) => {
    const status = statuses[index % statuses.length] ?? 'processed';
    return {
      order_id: `ORD${suffix(index)}`,
      status,
      tracking_id: status === 'pending' ? null : `TRK${suffix(index)}`,
      place: cities[index % cities.length] ?? 'Pune',
    };
  });
}

function fromRetail({ order_id, status, address, fulfillments }: RetailOrder): SampleOrder {
  const tracking_id = fulfillments?.[0]?.tracking_id?.[0] ?? null;
  return { order_id, status, tracking_id, place: address?.city ?? 'unknown' };
}
