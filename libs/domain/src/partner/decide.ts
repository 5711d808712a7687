import type { Accepted } from '../kernel/decision.ts';
import { accept } from '../kernel/decision.ts';
import type { Json } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { RememberPartner } from './commands.ts';
import type { PartnerRemembered } from './events.ts';
import type { PartnerMemory } from './state.ts';

/** Remembers what a session leaves, unless that is known or a newer session has left its own. */
export function decidePartner(
  { partner_id, memory }: RememberPartner,
  known: PartnerMemory | null,
): Accepted<PartnerRemembered> {
  if (known !== null && (known.start_time > memory.start_time || isSame(known, memory))) return accept();
  return accept({ type: 'PartnerRemembered', data: { partner_id, ...memory } });
}

function isSame(a: PartnerMemory, b: PartnerMemory): boolean {
  return canonicalJson(a as unknown as Json) === canonicalJson(b as unknown as Json);
}
