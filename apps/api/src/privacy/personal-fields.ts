import { fieldClasses, isSessionEventType } from '#domain';
import type { AnyRules } from './mask.ts';

/** What the fields of an event's data are, by its type. Of a type, or in a field, that is not known nothing is shown. */
export function rulesOfEvent(type: string): AnyRules {
  if (!isSessionEventType(type)) return 'masked';
  const rules = Object.entries(fieldClasses[type]).map(
    ([field, kind]) => [field, kind === 'plain' ? 'plain' : 'masked'] as const,
  );
  return { ...Object.fromEntries(rules), '*': 'masked' };
}
