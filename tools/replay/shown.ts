import type { Context, Json, JsonObject } from '#domain';
import { namesIn } from '#domain';
import { contextRules } from '../../apps/api/src/context/shown.ts';
import type { AnyRules } from '../../apps/api/src/privacy/mask.ts';
import { mask } from '../../apps/api/src/privacy/mask.ts';

/** Of longer values (characters of JSON) only the length is shown, to keep the report readable. */
const longest = 2_000;

/** Masks or shows the values of a context. */
export type Show = (context: Context) => Context;
export const masked: Show = (context) => mask(context, contextRules);
export const unmasked: Show = (context) => context;

/** The value of a context at a JSON Pointer; undefined: there is none. */
export function valueAt(context: Context, path: string): Json | undefined {
  const value = namesIn(path).reduce<Json | undefined>(
    (value, name) => (isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    context as unknown as JsonObject,
  );
  const { length } = JSON.stringify(value) ?? '';
  return length > longest ? `(${length} characters)` : value;
}

/** A path with `*` for names that are data, so that there are few different paths to count. */
export function patternOf(path: string): string {
  let rules: AnyRules | undefined = contextRules;
  const names = namesIn(path).map((name) => {
    if (typeof rules !== 'object') return name;
    const isDeclared: boolean = Object.hasOwn(rules, name);
    const pattern = isDeclared || rules['*'] === undefined ? name : '*';
    rules = rules[pattern];
    return pattern;
  });
  return `/${names.join('/')}`;
}

function isFields(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
