import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { recognitionFigures } from './figures.ts';
import type { PersonalType } from './found.ts';
import { personalTypes } from './found.ts';
import { recognise } from './recognise.ts';

const figures = { blind: recognitionFigures('blind'), seen: recognitionFigures('seen') };

test.each(
  (['blind', 'seen'] as const).flatMap((half) =>
    personalTypes.map((type): [string, PersonalType] => [half, type]),
  ),
)('half of the corpus %s: %s is recognised without false matches', (half, type) => {
  const { figures: all, mistakes } = figures[half as 'blind'];
  const figure = all.find((item) => item.type === type);
  const told = JSON.stringify(mistakes.slice(0, 5));
  expect({ told, good: (figure?.recall ?? 0) >= 0.95 && (figure?.precision ?? 0) >= 0.98 }).toEqual({
    told,
    good: true,
  });
  expect(figure?.values).toBeGreaterThanOrEqual(100);
});

test.each<[PersonalType, string, string]>([
  ['card', 'card ४१११ ११११ ११११ ११११', '4111111111111111'],
  ['phone', 'customer ka number 9876543210 hai', '+919876543210'],
  ['phone', 'customer number 9876543210', '+919876543210'],
  ['phone', 'my number 9876543210, order ORD1733', '+919876543210'],
  ['phone', 'order of customer 9876543210', '+919876543210'],
  ['phone', 'my number is 919876543210', '+919876543210'],
  ['phone', '919876543210 is my number', '+919876543210'],
  ['phone', '+91.98765.43210', '+919876543210'],
  ['account', 'ye number 12345678901 mera account hai', '12345678901'],
  ['email', 'राम@gmail.com', 'राम@gmail.com'],
  ['email', "O'Brien@x.com", "o'brien@x.com"],
  ['email', "'asha@x.com'", 'asha@x.com'],
  ['email', 'éric@x.com', 'éric@x.com'],
  ['upi', "upi'ravi@ybl'", 'ravi@ybl'],
  ['card', '4111\u200b1111\u200b1111\u200b1111', '4111111111111111'],
  ['phone', 'call ９８７６５ ４３２１０', '+919876543210'],
  ['phone', 'I am on +44 20 7946 0958 now', '+442079460958'],
  ['phone', 'office 022-27782778', '+912227782778'],
  ['upi', 'pay Ravi.K@OkHdfcBank', 'ravi.k@okhdfcbank'],
  ['email', 'to Ａsha＠example．com', 'asha@example.com'],
  ['pan', 'ABCPE 1234 F', 'ABCPE1234F'],
  ['vehicle', 'MH-12-AB-1234', 'MH12AB1234'],
  ['vehicle', '22 BH 1234 AA', '22BH1234AA'],
  ['coordinates', 'at 28.6139° N, 77.2090° E', '28.6139,77.2090'],
  ['coordinates', `28°36'50"N 77°12'32"E`, '28.613889,77.208889'],
])('a %s in any spelling: %s', (type, text, value) => {
  expect(recognise(text)).toEqual([expect.objectContaining({ type, value })]);
});

test('the position of a value is that in the original text', () => {
  const text = 'फोन ९८७\u200d६५ ४३२१० पर';
  const [found] = recognise(text);
  expect(text.slice(found?.start, found?.end)).toBe('९८७\u200d६५ ४३२१०');
});

test.each([
  ['9876543210', 'product_id', []],
  ['9876543210', 'trackingIds', []],
  ['9876543210', 'contact_phone', ['phone']],
  ['99941057058', 'note', []],
  ['919876543210', 'wa_id', ['phone']],
  ['919876543210', 'number', ['phone']],
  ['919876543210', 'customer_number', ['phone']],
  ['919876543210', 'manifest_number', []],
  ['9876543210', 'customer', ['phone']],
  ['9876543210', 'user', ['phone']],
  ['9876543210', 'userId', []],
  ['9876543210', 'customer_no', []],
  ['9876543210', 'cust_code', []],
])('the name of its field tells the type of a number: %s in %s', (text, name, types) => {
  expect(recognise(text, name).map(({ type }) => type)).toEqual(types);
});

test.each([
  'customer id 9876543210',
  'call customer ka id 9876543210',
  'user code: 9876543210',
  '9876543210 is the customer id',
  'ग्राहक आईडी 9876543210',
  'order number is 919876543210',
  'payout number 919876543210',
  'tracking ka number 919876543210 hai',
  '919876543210 is my order number',
  '919876543210',
  'x+91.98765',
])('an id is no phone: %s', (text) => {
  expect(recognise(text)).toEqual([]);
});

interface Order {
  readonly order_id: string;
  readonly fulfillments: readonly { readonly tracking_id: readonly string[] }[];
}

/** The ids of the real orders in the folder beside the project; otherwise some ids of their form. */
function idsOfOrders(): { source: string; ids: string[] } {
  const file = resolve(process.env['TURNSTREAM_DATA'] ?? '../shared/data', 'tau-bench/retail_orders.json.gz');
  if (!existsSync(file)) return { source: 'made-up', ids: ['#W2611340', '357962501027', '916412857116'] };
  const orders = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Record<string, Order>;
  const ids = Object.values(orders).map((order) => [
    order.order_id,
    ...order.fulfillments.flatMap(({ tracking_id }) => tracking_id),
  ]);
  return { source: 'real', ids: ids.flat() };
}

const { source, ids } = idsOfOrders();
test(`no id of an order or a shipment is matched (${source} ones)`, () => {
  const texts = ids.flatMap((id) => [id, `My order ${id} please`, `${id} kab aayega?`]);
  expect(texts.flatMap((text) => recognise(text))).toEqual([]);
});

/** The least CPU time of some runs, in microseconds. */
function costOf(text: string): number {
  const costs = Array.from({ length: 5 }, () => {
    const start = process.cpuUsage();
    recognise(text);
    return process.cpuUsage(start).user;
  });
  return Math.min(...costs);
}

test.each(['9876543210 ', 'SBIN0001234 9876543210 '])(
  'eight times as many of %j cost far less than the square of it',
  (part) => {
    // So many that CPU time, which some kernels count in steps of 10 ms, can be compared.
    const few = part.repeat(60_000 / part.length);
    expect(costOf(few.repeat(8)) / costOf(few)).toBeLessThan(32);
  },
);

const big = 100_000;
test.each(
  [
    '9',
    '9 ',
    '4111 ',
    '98765 43210 ',
    '+91 98765 43210 ',
    'a@',
    'a.b@c.de ',
    'a.',
    '1.1111 ',
    '1.1111,',
    'ABCPX1234F ',
    'MH12AB',
    '9\u200b',
    '(',
    '1-',
    '27',
    'order ',
    '12° 12\' 12" N ',
  ].map((part) => [part, part.repeat(big / part.length)] as const),
)('the time is proportional to the length: %j repeated', (_, text) => {
  const half = text.slice(0, text.length / 2);
  expect(recognise(text).length).toBeGreaterThanOrEqual(recognise(half).length);
});
