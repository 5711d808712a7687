import { createHmac } from 'node:crypto';
import type { DataKey } from '../keys/data-key.ts';
import type { PersonalType } from '../recognise/found.ts';
import { personalTypes } from '../recognise/found.ts';

const letters = 24;
/** Types whose tokens end in the last four digits, which people tell such values apart by. */
const hinted: ReadonlySet<PersonalType> = new Set(['card', 'account', 'phone', 'aadhaar']);

/** What any token looks like, of whichever partner: safe in JSON, URLs and words, and without a digit that could be taken for a value. */
export const tokenPattern = new RegExp(`^tok_(${personalTypes.join('|')})_[a-p]{${letters}}(?:_[0-9]{4})?$`);

/**
 * What stands for a value of a partner: `tok_card_…_4242`. The same value gives the same token; nobody without the key can
 * make one, nor say which value it stands for.
 */
export function tokenOf({ tokens }: DataKey, type: PersonalType, value: string): string {
  const mac = createHmac('sha256', tokens).update(`${type}\n${value}`).digest('hex').slice(0, letters);
  const name = mac.replaceAll(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  return `tok_${type}_${name}${hinted.has(type) ? `_${value.slice(-4)}` : ''}`;
}

/** A token without the digits at its end: as it is stored, so that those go with the key. */
export function stemOf(token: string): string {
  return token.replace(/_[0-9]{4}$/, '');
}

/** The type of what a token stands for; undefined: the text is no token. */
export function typeOfToken(text: string): PersonalType | undefined {
  return personalTypes.find((type) => type === tokenPattern.exec(text)?.[1]);
}
