import { createHmac } from 'node:crypto';
import type { DataKey } from '../keys/data-key.ts';
import type { PersonalType } from '../recognise/found.ts';
import { personalTypes } from '../recognise/found.ts';

const letters = 24;
/** Types whose tokens end in the last four digits, by which people distinguish such values. */
const hinted: ReadonlySet<PersonalType> = new Set(['card', 'account', 'phone', 'aadhaar']);

/** The form of any partner's token: safe in JSON, URLs and words, and without digits that could be taken for a value. */
export const tokenPattern = new RegExp(`^tok_(${personalTypes.join('|')})_[a-p]{${letters}}(?:_[0-9]{4})?$`);

/**
 * The token of a partner's value: `tok_card_…_4242`. The same value gives the same token; without the key nobody can
 * create a token, or tell which value it stands for.
 */
export function tokenOf({ tokens }: DataKey, type: PersonalType, value: string): string {
  const mac = createHmac('sha256', tokens).update(`${type}\n${value}`).digest('hex').slice(0, letters);
  const name = mac.replaceAll(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  return `tok_${type}_${name}${hinted.has(type) ? `_${value.slice(-4)}` : ''}`;
}

/** A token without its trailing digits: as it is stored, so that the digits are lost with the key. */
export function stemOf(token: string): string {
  return token.replace(/_[0-9]{4}$/, '');
}

/** The type of a token's value; undefined: the text is not a token. */
export function typeOfToken(text: string): PersonalType | undefined {
  return personalTypes.find((type) => type === tokenPattern.exec(text)?.[1]);
}
