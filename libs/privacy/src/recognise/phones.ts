import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Hint } from './cues.ts';

/** How people group the ten digits of an Indian mobile number, after 0, 91 or nothing. */
const mobileShapes = new Set(['10', '5-5', '3-3-4', '4-3-3', '4-6', '3-7', '3-4-3']);

/** The phone number (E.164) in groups of digits, if they form one; `international`: a + or 00 precedes. */
export function phoneOf(groups: readonly string[], international: boolean, hint: Hint): string | undefined {
  const digits = groups.join('');
  if (international) return digits.length < 8 || digits.length > 15 ? undefined : valid(`+${digits}`);
  if (digits.startsWith('00')) return digits.length < 11 ? undefined : valid(`+${digits.slice(2)}`);
  // Twelve digits in a row that start with 91 may just as well be an id.
  const isSaid = hint.cue === 'phone' || hint.numbered;
  if (!isSaid && /^91\d{10}$/.test(groups.join(' '))) return undefined;
  const mobile = mobileOf(groups);
  if (mobile !== undefined) return `+91${mobile}`;
  const isAlone = hint.cue !== 'phone' || groups.length > 4;
  if (digits.length === 11 && digits.startsWith('0')) {
    const isLandline = groups.length === 2 && /^0\d{2,4}$/.test(groups[0] ?? '');
    return isLandline || !isAlone ? valid(digits, 'IN') : undefined;
  }
  if (isAlone || digits.length !== 10 || groups.map(({ length }) => length).join('-') !== '3-3-4')
    return undefined;
  return valid(digits, 'US');
}

/** The ten digits of an Indian mobile number. */
function mobileOf(groups: readonly string[]): string | undefined {
  const digits = groups.join('');
  const prefix = /^(?:0|91|091)(?=[6-9]\d{9}$)/.exec(digits)?.[0] ?? '';
  const number = digits.slice(prefix.length);
  if (!/^[6-9]\d{9}$/.test(number)) return undefined;
  const sizes = without(prefix, groups).map(({ length }) => length);
  return mobileShapes.has(sizes.join('-')) ? number : undefined;
}

/** The groups after a prefix, which is a group by itself or starts the first one. */
function without(prefix: string, [first = '', ...rest]: readonly string[]): string[] {
  if (first === prefix && prefix !== '') return rest;
  return [first.slice(prefix.length), ...rest];
}

function valid(text: string, country?: 'IN' | 'US'): string | undefined {
  const number = parsePhoneNumberFromString(text, country);
  return number?.isValid() ? number.number : undefined;
}
