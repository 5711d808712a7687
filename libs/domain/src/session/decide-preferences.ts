import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { ChangePreferences } from './commands.ts';
import type { PreferenceChanged } from './events.ts';
import type { SessionState } from './state.ts';
import { limits } from './state.ts';

export type PreferenceRejection = 'too_many_preferences';

/** An event for each preference that differs. The language is a preference, but does not count towards the limit. */
export function changePreferences(
  command: ChangePreferences,
  { preferred_language, preferences }: SessionState['short_term_memory'],
): Decision<PreferenceChanged, PreferenceRejection> {
  const now: JsonObject = { ...preferences, language: preferred_language };
  const kept = Object.entries({ ...preferences, ...command.preferences, language: null });
  if (kept.filter(([, value]) => value !== null).length > limits.preferences) {
    return reject(
      'too_many_preferences',
      `A session holds ${limits.preferences} preferences; set one to null first.`,
    );
  }
  const changed = Object.entries(command.preferences).filter(
    ([name, value]) => canonicalJson(now[name]) !== canonicalJson(value),
  );
  return accept(
    ...changed.map(([name, value]): PreferenceChanged => ({
      type: 'PreferenceChanged',
      data: { name, value },
    })),
  );
}
