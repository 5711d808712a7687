import type { Decision, Rejected } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { ClearFlag, RaiseFlag } from './commands.ts';
import type { FlagCleared, FlagRaised } from './events.ts';
import type { SessionState } from './state.ts';
import { derivedFlags, limits } from './state.ts';

export type FlagRejection = 'flag_is_derived' | 'too_many_flags';
type Flags = SessionState['conversation_flags'];

export function raiseFlag({ flag, value }: RaiseFlag, flags: Flags): Decision<FlagRaised, FlagRejection> {
  if (derivedFlags.includes(flag)) return derived(flag);
  const known = Object.hasOwn(flags, flag);
  if (!known && Object.keys(flags).length - derivedFlags.length >= limits.flags) {
    return reject('too_many_flags', `A session holds ${limits.flags} flags; clear one first.`);
  }
  const same = known && canonicalJson(flags[flag]) === canonicalJson(value);
  return same ? accept() : accept({ type: 'FlagRaised', data: { flag, value } });
}

export function clearFlag({ flag }: ClearFlag, flags: Flags): Decision<FlagCleared, 'flag_is_derived'> {
  if (derivedFlags.includes(flag)) return derived(flag);
  return Object.hasOwn(flags, flag) ? accept({ type: 'FlagCleared', data: { flag } }) : accept();
}

function derived(flag: string): Rejected<'flag_is_derived'> {
  return reject('flag_is_derived', `Flag "${flag}" is derived from the conversation and cannot be set.`);
}
