import { gstinDigit, luhnDigit, verhoeffDigit } from './checksums.ts';
import type { Random } from './random.ts';

/** Values that only resemble those to be found. */
export const near: Readonly<Record<string, (random: Random) => string>> = {
  badcard: (random) => {
    const body = `4${random.digits(14)}`;
    return spaced(random, body + other(luhnDigit(body)));
  },
  badaadhaar: (random) => {
    const body = random.int(2, 9) + random.digits(10);
    return spaced(random, body + other(verhoeffDigit(body)));
  },
  badgstin: (random) => {
    const body = `27${random.letters(5)}${random.digits(4)}${random.letters(1)}1Z`;
    return body + other(gstinDigit(body));
  },
  badpan: (random) =>
    random.pick([
      () => `${random.letters(4)}${random.digits(5)}${random.letters(1)}`,
      () => `${random.letters(3)}Q${random.letters(1)}${random.digits(4)}${random.letters(1)}`,
      () => `${random.letters(6)}${random.digits(4)}`,
    ])(),
  badifsc: (random) =>
    random.pick([
      () => `SBIN1${random.digits(6)}`,
      () => `HDFC0${random.digits(4)}`,
      () => `IC0${random.digits(6)}`,
    ])(),
  order: (random) =>
    random.pick([
      () => `ORD${random.digits(4)}`,
      () => `ORD-${random.digits(10)}`,
      () => `#W${random.digits(7)}`,
      () => `OD${random.digits(18)}`,
      () => `${random.digits(3)}-${random.digits(7)}-${random.digits(7)}`,
    ])(),
  orderdigits: (random) => random.int(1, 9) + random.digits(random.pick([7, 9, 11, 12, 15, 17])),
  tracking: (random) =>
    random.pick([
      () => random.digits(12),
      () => `1Z${random.letters(3)}${random.digits(13)}`,
      () => `EE${random.digits(9)}IN`,
      () => random.digits(14),
      () => `TRK${random.digits(8)}`,
    ])(),
  utr: (random) => random.pick([random.digits(12), `SBIN${random.digits(12)}`, `N${random.digits(15)}`]),
  txn: (random) =>
    random.pick([`T${random.digits(18)}`, `pay_${random.letters(6)}${random.digits(4)}`, random.digits(12)]),
  imei: (random) => `35${random.digits(13)}`,
  amount: (random) =>
    random.pick([
      () => String(random.int(10, 99_999)),
      () => `${random.int(1, 99)},${random.digits(3)}.${random.digits(2)}`,
      () => `${random.int(1, 9)},${random.digits(2)},${random.digits(3)}`,
      () => `${random.int(1, 999)}.${random.digits(2)}`,
    ])(),
  date: (random) =>
    random.pick([
      () => `${day(random)}/${month(random)}/2026`,
      () => `2026-${month(random)}-${day(random)}`,
      () => `${day(random)}.${month(random)}.26`,
      () => `${day(random)} Nov 2026`,
    ])(),
  time: (random) => `${random.int(1, 12)}:${String(random.int(0, 59)).padStart(2, '0')}`,
  expiry: (random) => `${month(random)}/${random.int(26, 35)}`,
  pin: (random) => random.int(1, 8) + random.digits(5),
  otp: (random) => random.digits(random.pick([3, 4, 6])),
  last4: (random) => random.digits(4),
  n: (random) => String(random.int(2, 40)),
  n6: (random) => random.digits(6),
  n10: (random) => random.int(1, 9) + random.digits(9),
  n12: (random) => random.int(1, 9) + random.digits(11),
  version: (random) => `${random.int(0, 20)}.${random.int(0, 30)}.${random.int(0, 9_999)}`,
  uuid: (random) =>
    `${random.digits(8)}-${random.digits(4)}-4${random.digits(3)}-a${random.digits(3)}-${random.digits(12)}`,
  handle: (random) => `@${random.pick(['turnstream', 'ravi_k', 'shop.in', 'priya99'])}`,
  coupon: (random) =>
    random.pick([`SAVE${random.int(10, 90)}`, `DIWALI${random.digits(4)}`, `WELCOME0${random.digits(5)}`]),
  sku: (random) =>
    random.pick([
      `AB-${random.digits(4)}-X`,
      `SKU${random.digits(7)}`,
      `XJ${random.digits(2)}-${random.digits(3)}`,
      `B0${random.letters(2)}${random.digits(3)}${random.letters(3)}`,
    ]),
  pnr: (random) => random.letters(3) + random.digits(3),
  pnrdigits: (random) => random.digits(10),
  swift: (random) => random.pick(['SBININBB104', 'HDFCINBB', 'ICICINBBCTS']),
  hash: (random) => `${random.digits(4)}ab${random.digits(6)}cd${random.digits(8)}ef${random.digits(4)}`,
  invoice: (random) =>
    random.pick([`INV/2026/${random.digits(5)}`, `2026-27/${random.digits(4)}`, `B${random.digits(9)}`]),
  arn: (random) => `AA27${random.digits(9)}T`,
  seat: (random) => `${random.int(1, 72)}${random.letters(1)}`,
  coach: (random) => `${random.pick(['B', 'S', 'A'])}${random.int(1, 12)}`,
  flight: (random) => `${random.pick(['6E', 'AI', 'UK'])} ${random.int(100, 9_999)}`,
  flat: (random) => `${random.letters(1)}-${random.int(100, 1_900)}`,
  model: (random) =>
    random.pick([`RTX ${random.int(20, 50)}90`, `SM-A${random.digits(3)}F`, `WH-1000XM${random.int(3, 6)}`]),
  small: (random) => `${random.int(1, 9)}.${random.digits(1)}`,
  rough: (random) => `${random.int(8, 35)}.${random.digits(1)}, ${random.int(68, 97)}.${random.digits(1)}`,
};

/** A wrong check digit. */
function other(right: string): string {
  return String((Number.parseInt(right, 36) + 3) % 10);
}

function spaced(random: Random, digits: string): string {
  return random.chance(0.5) ? digits : digits.replace(/(.{4})(?=.)/g, '$1 ');
}

function day(random: Random): string {
  return String(random.int(1, 28)).padStart(2, '0');
}

function month(random: Random): string {
  return String(random.int(1, 12)).padStart(2, '0');
}
