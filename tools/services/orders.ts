import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What the sample services know of an order. */
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

/** The retail orders of the data beside the project, or generated ones, and which of them these are. */
export function sampleOrders(): { source: string; orders: readonly SampleOrder[] } {
  const given = process.env['TURNSTREAM_ORDERS'];
  const path = resolve(given || `../shared/data/${file}`);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const why = given ? 'the file of TURNSTREAM_ORDERS is not there' : 'TURNSTREAM_ORDERS names no file';
    return { source: `generated, since ${why}`, orders: generated(1_000) };
  }
  const bytes = readFileSync(path);
  const text = path.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
  const orders = Object.values(JSON.parse(text) as Record<string, RetailOrder>).map(fromRetail);
  return { source: path, orders };
}

/** Orders of our own making: `ORD1000` and so on. */
export function generated(count: number): SampleOrder[] {
  return Array.from({ length: count }, (_, index) => {
    const status = statuses[index % statuses.length] ?? 'processed';
    return {
      order_id: `ORD${1_000 + index}`,
      status,
      tracking_id: status === 'pending' ? null : `TRK${1_000 + index}`,
      place: cities[index % cities.length] ?? 'Pune',
    };
  });
}

function fromRetail({ order_id, status, address, fulfillments }: RetailOrder): SampleOrder {
  const tracking_id = fulfillments?.[0]?.tracking_id?.[0] ?? null;
  return { order_id, status, tracking_id, place: address?.city ?? 'unknown' };
}
