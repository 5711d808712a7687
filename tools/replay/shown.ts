import type { Context, Json, JsonObject } from '#domain';
import { namesIn } from '#domain';
import { contextRules } from '../../apps/api/src/context/shown.ts';
import type { AnyRules } from '../../apps/api/src/privacy/mask.ts';
import { mask } from '../../apps/api/src/privacy/mask.ts';

/** Longer values (characters of JSON) are told by their length: a report is to be read. */
const longest = 2_000;

/** How the values of a context are shown. */
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

/** A path with `*` in the place of names that are data: such paths are counted, of which there are few. */
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
