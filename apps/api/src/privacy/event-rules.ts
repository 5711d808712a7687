import type { FieldClass } from '#domain';
import { fieldClasses, isSessionEventType } from '#domain';
import type { AnyRules } from './mask.ts';

/** The masking rules of an event's data, by the classes of its fields. Unknown types and fields are masked. */
export function rulesOfEvent(type: string): AnyRules {
  if (!isSessionEventType(type)) return 'masked';
  const classes: Readonly<Record<string, FieldClass>> = fieldClasses[type];
  const rules = Object.entries(classes).map(
    ([field, is]) => [field, is === 'plain' ? 'plain' : 'masked'] as const,
  );
  return Object.fromEntries(rules);
}
