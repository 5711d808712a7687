import { gstinDigit, luhnDigit, verhoeffDigit } from './checksums.ts';
import type { Random } from './random.ts';

/** A made-up value in some spelling, and in its normal form. */
interface Made {
  readonly written: string;
  readonly value: string;
}

/** Values to be found, by type. */
export const found: Readonly<Record<string, (random: Random) => Made>> = {
  card: (random) => {
    const start = random.pick([
      '4',
      '51',
      '52',
      '55',
      '2221',
      '34',
      '37',
      '6011',
      '6521',
      '6070',
      '8172',
      '3528',
    ]);
    const length = start === '34' || start === '37' ? 15 : 16;
    const body = start + random.digits(length - start.length - 1);
    const value = body + luhnDigit(body);
    return { value, written: grouped(random, value, length === 15 ? [4, 6, 5] : [4, 4, 4, 4]) };
  },
  upi: (random) => {
    const local = random.pick([
      () => `${name(random)}.${name(random)}`,
      () => name(random) + random.digits(random.int(1, 3)),
      () => random.pick(['6', '7', '8', '9']) + random.digits(9),
      () => `${name(random)}-${random.digits(2)}`,
    ])();
    const written = `${local}@${random.pick(handles)}`;
    return { value: written.toLowerCase(), written };
  },
  account: (random) => {
    const value = random.int(1, 9) + random.digits(random.pick([9, 10, 11, 12, 13, 14, 15]) - 1);
    return { value, written: random.chance(0.15) ? value.replace(/(.{4})(?=.)/g, '$1 ') : value };
  },
  ifsc: (random) => {
    const value = `${random.pick(banks)}0${random.chance(0.85) ? random.digits(6) : random.letters(2) + random.digits(4)}`;
    return { value, written: cased(random, value) };
  },
  phone: (random) => {
    const number = random.pick(['6', '7', '8', '9']) + random.digits(9);
    const halves = `${number.slice(0, 5)}${random.pick([' ', '-', ' '])}${number.slice(5)}`;
    const thirds = `${number.slice(0, 3)}-${number.slice(3, 6)}-${number.slice(6)}`;
    const body = random.pick([number, number, halves, thirds]);
    const prefix = random.pick(['', '', '', '+91 ', '+91', '+91-', '0', '91 ', '0091 ']);
    return { value: `+91${number}`, written: prefix + body };
  },
  intlphone: (random) =>
    random.pick([
      () => international('1', `${random.pick(['212', '415', '650', '312'])}55501${random.digits(2)}`, '+1 '),
      () => international('44', `79111${random.digits(5)}`, '+44 '),
      () => international('971', `50${random.int(2, 9)}${random.digits(6)}`, '00971 '),
      () => international('65', `8${random.int(1, 9)}${random.digits(6)}`, '+65-'),
      () => international('977', `98${random.int(4, 5)}${random.int(0, 1)}${random.digits(6)}`, '+977'),
    ])(),
  /** As the ids of WhatsApp are written. */
  waphone: (random) => {
    const number = random.pick(['6', '7', '8', '9']) + random.digits(9);
    return { value: `+91${number}`, written: `91${number}` };
  },
  dottedphone: (random) => {
    const number = random.pick(['6', '7', '8', '9']) + random.digits(9);
    return { value: `+91${number}`, written: `+91.${number.slice(0, 5)}.${number.slice(5)}` };
  },
  pan: (random) => {
    const value = `${random.letters(3)}${random.pick(['P', 'C', 'H', 'F', 'T'])}${random.letters(1)}${random.digits(4)}${random.letters(1)}`;
    return { value, written: cased(random, value) };
  },
  aadhaar: (random) => {
    const body = random.int(2, 9) + random.digits(10);
    const value = body + verhoeffDigit(body);
    return { value, written: grouped(random, value, [4, 4, 4]) };
  },
  gstin: (random) => {
    const state = String(random.int(1, 37)).padStart(2, '0');
    const body = `${state}${found['pan']?.(random).value}${random.int(1, 9)}Z`;
    const value = body + gstinDigit(body);
    return { value, written: cased(random, value) };
  },
  vehicle: (random) => {
    const [state, district, series, number] = [
      random.pick(['MH', 'DL', 'KA', 'UP', 'TN', 'GJ', 'WB', 'HR', 'RJ', 'TS']),
      String(random.int(1, 99)).padStart(2, '0'),
      random.letters(random.int(1, 2)).replaceAll(/[IO]/g, 'A'),
      String(random.int(1, 9_999)).padStart(4, '0'),
    ];
    const parts = [state, district, series, number];
    const written = parts.join(random.pick(['', ' ', '-']));
    return { value: parts.join(''), written: cased(random, written) };
  },
  email: (random) => {
    const local = random.pick([
      () => `${name(random)}.${name(random)}`,
      () => name(random) + random.digits(3),
      () => `${name(random)}_${name(random)}`,
      () => `${name(random)}+${name(random)}`,
    ])();
    const written = `${local}@${random.pick(['gmail.com', 'yahoo.co.in', 'example.com', 'mail.example.org', 'rediffmail.com'])}`;
    return { value: written, written: cased(random, written) };
  },
  /** Letters of other scripts, and apostrophes. */
  wideemail: (random) => {
    const local = random.pick(['राम', 'आशा.शर्मा', 'सीता_21', "o'brien", "first.d'souza", 'josé']);
    const written = `${local}@${random.pick(['gmail.com', 'example.com', 'mail.example.org'])}`;
    return { value: written, written };
  },
  coordinates: (random) => {
    const places = random.int(4, 7);
    const lat = `${random.chance(0.1) ? '-' : ''}${random.int(8, 35)}.${random.digits(places)}`;
    const lon = `${random.int(68, 97)}.${random.digits(places)}`;
    return { value: `${lat},${lon}`, written: `${lat}${random.pick([',', ', '])}${lon}` };
  },
};

const names = ['ravi', 'asha', 'imran', 'priya', 'joseph', 'kavita', 'sandeep', 'meena', 'arjun', 'fatima'];
const handles = [
  'okhdfcbank',
  'oksbi',
  'okicici',
  'okaxis',
  'ybl',
  'paytm',
  'ibl',
  'axl',
  'upi',
  'apl',
  'kotak',
];
const banks = [
  'SBIN',
  'HDFC',
  'ICIC',
  'UTIB',
  'PUNB',
  'BARB',
  'CNRB',
  'KKBK',
  'YESB',
  'UBIN',
  'IDIB',
  'FDRL',
];

function name(random: Random): string {
  return random.pick(names);
}

function cased(random: Random, text: string): string {
  return random.chance(0.15) ? text.toLowerCase() : text;
}

function international(country: string, number: string, prefix: string): Made {
  return { value: `+${country}${number}`, written: `${prefix}${number}` };
}

function grouped(random: Random, digits: string, sizes: readonly number[]): string {
  const separator = random.pick(['', ' ', ' ', '-']);
  let at = 0;
  return sizes.map((size) => digits.slice(at, (at += size))).join(separator);
}
