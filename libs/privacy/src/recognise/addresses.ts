import validator from 'validator';
import type { Reading } from './cues.ts';
import { hintAt } from './cues.ts';
import type { Found } from './found.ts';

const longestLocal = 64;
/** A token before an @ stays a token. */
const token = /tok_[a-z]+_[a-p]{24}/;
const plainLocal = /[\w.%+-]+$/;
/** Local parts may also have apostrophes and letters of any script. */
const latinLocal = /[\p{Script=Latin}\p{Script=Inherited}\w.'%+-]+$/u;
const wideLocal = /[\p{L}\p{M}\w.'%+-]+$/u;
const domain = /[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}/iy;
/** The handles of payment apps and banks after the @ of a UPI id. */
const handles = new Set(
  `upi ybl ibl axl apl paytm pthdfc ptaxis ptsbi ptyes okaxis okhdfcbank okicici oksbi sbi hdfcbank icici axisbank axis kotak
    kotak811 pnb cnrb barodampay boi mahb unionbank uboi idfcbank idfcfirst federal fbl airtel freecharge jio jupiteraxis fam
    waicici wahdfcbank waaxis wasbi yapl rapl ikwik yesbank yespay yesg indus rbl dbs hsbc citi sc uco kvb kbl tmb dlb csb cmsidfc
    slice naviaxis timecosmos superyes abfspay postbank allbank andb axisgo centralbank cbin dcb dlb equitas ezeepay imobile
    indianbank iob jkb kaypay kvbank lime myicici obc payzapp pingpay pockets psb rajgovhdfcbank s2b sib srcb synd tjsb trans ubi
    utbi vijb pz amazonpay tapicici sliceaxis shriramhdfcbank oneyes niyoicici mbk goaxb bpunity axb yescred ausfb aubank ujjivan`.split(
    /\s+/,
  ),
);
const likeHandle = /^(?:ok|pt)[a-z]{3,}$|^[a-z]+(?:bank|upi|pay)$/;
const mailNames = new Set([
  'gmail',
  'yahoo',
  'hotmail',
  'outlook',
  'rediffmail',
  'icloud',
  'protonmail',
  'rediff',
]);

/** E-mail addresses and UPI ids, found around each @. */
export function* findAddresses(reading: Reading): Generator<Found> {
  const { text } = reading;
  let after = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const locals = localsIn(text.slice(Math.max(after, at - longestLocal), at));
    after = at + 1;
    domain.lastIndex = at + 1;
    const labels = domain.exec(text)?.[0].replace(/-+$/, '').split('.') ?? [];
    for (const local of locals) {
      if (local === '' || token.test(local) || text.charAt(at - local.length - 1) === '@') continue;
      const found = address(reading, at - local.length, at, [...labels]);
      if (!found) continue;
      yield found;
      break;
    }
  }
}

/** The possible local parts at the end of a text, the longest first. A word of another script may touch one: ईमेलasha@… */
function localsIn(before: string): string[] {
  const plain = lastOf(plainLocal, before);
  const touching = before.charAt(before.length - plain.length - 1);
  if (touching === '' || (touching !== "'" && touching <= '~')) return [trimmed(plain)];
  const latin = trimmed(lastOf(latinLocal, before));
  const wide = /^\p{Script=Latin}/u.test(latin) ? latin : trimmed(lastOf(wideLocal, before));
  const own = trimmed(plain);
  return wide === own ? [own] : [wide, own];
}

function lastOf(pattern: RegExp, text: string): string {
  return pattern.exec(text)?.[0] ?? '';
}

function trimmed(local: string): string {
  return local.replace(/^[.'%+-]+/, '');
}

function address(reading: Reading, start: number, at: number, labels: string[]): Found | undefined {
  const { text } = reading;
  while (labels.length > 1 && !/^[a-z]{2,24}$/i.test(labels.at(-1) ?? '')) labels.pop();
  const host = labels.join('.').toLowerCase();
  const end = at + 1 + host.length;
  const value = `${text.slice(start, at)}@${host}`.toLowerCase();
  if (labels.length > 1) return validator.isEmail(value) ? { type: 'email', value, start, end } : undefined;
  if (mailNames.has(host)) return { type: 'email', value, start, end };
  if (!/^[a-z][a-z0-9]{1,31}$/.test(host) || host === 'localhost') return undefined;
  if (!/^[\w.%+-]+$/.test(text.slice(start, at))) return undefined;
  const isUpi = handles.has(host) || likeHandle.test(host) || hintAt(reading, start, end).cue === 'upi';
  return isUpi ? { type: 'upi', value, start, end } : undefined;
}
