import type { Reading } from './cues.ts';
import { hintAt } from './cues.ts';
import type { Found, PersonalType } from './found.ts';
import { isGstin } from './gstin.ts';

/** The banks whose branch codes are recognised without a cue word. */
const banks = new Set(
  `SBIN HDFC ICIC UTIB PUNB BARB CNRB UBIN IDIB KKBK YESB INDB IDFB FDRL IOBA UCBA BKID MAHB CBIN PSIB KARB KVBL TMBL SIBL
    RATN BDBL AUBL ESFB UJVN JSFB AIRP PYTM IPOS FINO NSPB DBSS HSBC SCBL CITI DEUT DLXB CSBK CIUB JAKA NKGS SRCB COSB DCBL IBKL
    ESMF ALLA ANDB CORP ORBC SYNB VIJB BOFA BNPA BARC CHAS JIOP KCCB NTBL SVCB TJSB UTKS ABHY APGB GSCB HCBL`.split(
    /\s+/,
  ),
);
const states = new Set(
  `AN AP AR AS BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK TG TN TR TS UA UK UP WB`.split(
    ' ',
  ),
);
const mark = '[ -]?';
const vehicle = `[A-Z]{2}${mark}\\d{1,2}${mark}[A-Z]{1,3}${mark}\\d{1,4}`;
const bharat = `\\d{2}${mark}BH${mark}\\d{4}${mark}[A-Z]{1,2}`;

interface CodeMatch {
  readonly reading: Reading;
  readonly written: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

interface Code {
  readonly type: PersonalType;
  readonly pattern: RegExp;
  readonly accepts: (match: CodeMatch) => boolean;
}

/** A pattern for a value that no letter or digit touches. */
function alone(source: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9_])(?:${source})(?![A-Za-z0-9_])`, 'gi');
}

const codes: readonly Code[] = [
  {
    type: 'gstin',
    pattern: alone('\\d{2}[A-Z]{5}\\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]'),
    accepts: ({ value }) => isGstin(value),
  },
  {
    type: 'pan',
    pattern: alone(`[A-Z]{3}[ABCFGHJLPT][A-Z]${mark}\\d{4}${mark}[A-Z]`),
    accepts: ({ written }) => !/^[a-z]{5}[ -]|[ -][a-z]$/i.test(written) || written === written.toUpperCase(),
  },
  {
    type: 'ifsc',
    pattern: alone('[A-Z]{4}0[A-Z0-9]{6}'),
    accepts: ({ reading, value, start, end }) => {
      const { cue } = hintAt(reading, start, end);
      return banks.has(value.slice(0, 4)) ? cue !== 'id' : cue === 'ifsc' || cue === 'account';
    },
  },
  { type: 'vehicle', pattern: alone(`${vehicle}|${bharat}`), accepts: isVehicle },
];

/** PAN, GSTIN, IFSC and vehicle registration numbers. */
export function* findCodes(reading: Reading): Generator<Found> {
  for (const { type, pattern, accepts } of codes) {
    if (reading.text.search(pattern) < 0) continue;
    for (const { 0: written, index: start } of reading.text.matchAll(pattern)) {
      const value = written.toUpperCase().replaceAll(/[ -]/g, '');
      const end = start + written.length;
      if (accepts({ reading, written, value, start, end })) yield { type, value, start, end };
    }
  }
}

/** Accepts four final digits unless the parts are words ("as 10 to 2000"); anything else needs the cue, or must be the whole text. */
function isVehicle({ reading, written, start, end }: CodeMatch): boolean {
  if (!/^\d/.test(written) && !states.has(written.slice(0, 2).toUpperCase())) return false;
  const isLower = written !== written.toUpperCase();
  const isWords =
    /[ -](?:AM|PM|TO|OF|IN|AT|ON|BY|RS|KM|KG|ML|GM|MIN|HRS)[ -]/i.test(written) ||
    (isLower && /^(?:as|or|an|up|la|ka|ga) /i.test(written));
  const { cue } = hintAt(reading, start, end);
  if (/\d{4}$|^\d/.test(written) && !isWords) return cue !== 'id' || !written.includes('-');
  return cue === 'vehicle' || reading.text.trim() === written;
}
