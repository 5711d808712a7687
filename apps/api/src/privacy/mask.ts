import type { Json, JsonObject } from '#domain';

/** Replaces a text, number or boolean that the reader may not see. */
export const maskedValue = '[masked]';

/**
 * The masking rules of a value of type T: all plain, all masked, or a rule for each field; for a list the rule of its
 * items; `*` for fields whose names are data. A missing field is a compile error.
 */
export type Rules<T> = 'plain' | 'masked' | (JsonObject extends T ? AnyRules : FieldRules<T>);
type FieldRules<T> = T extends readonly (infer Item)[]
  ? FieldRules<NonNullable<Item>>
  : T extends object
    ? { readonly [Key in keyof T as string extends Key ? '*' : Key]-?: Rules<NonNullable<T[Key]>> }
    : never;

/** Rules of a value whose type is not known at compile time. */
export type AnyRules = 'plain' | 'masked' | { readonly [field: string]: AnyRules };

/** The depth to which the structure of a masked value is shown. */
const deepest = 64;
/** Names of fields; a text with many digits is not one. */
const fieldName = /^(?!.*\d{5})[A-Za-z_][\w.:-]{0,63}$/;

/** Replaces the values that the rules mask: names and structure stay, every scalar becomes `[masked]`. Null stays. */
export function mask<T>(value: T, rules: Rules<T>): T {
  return maskJson(value as Json, rules) as T;
}

/** As `mask`, of a value without a type. */
export function maskJson(value: Json, rules: AnyRules): Json {
  if (rules === 'plain' || value === null || value === undefined) return value;
  if (rules === 'masked' || typeof value !== 'object') return hidden(value, deepest);
  if (Array.isArray(value)) return value.map((item: Json) => maskJson(item, rules));
  const fields = Object.entries(value).map(([name, item]): [string, Json] => {
    const own = ruleOf(rules, name);
    return own === undefined ? hiddenField(name, item, deepest) : [name, maskJson(item, own)];
  });
  return Object.fromEntries(fields);
}

/** A field of a value by its path, masked as `maskJson` masks it in place. */
export function maskField(
  names: readonly string[],
  value: Json,
  rules: AnyRules,
): { readonly names: string[]; readonly value: Json } {
  let here: AnyRules = rules;
  const shown: string[] = [];
  for (const name of names) {
    const own: AnyRules | undefined = here === 'plain' ? here : ruleOf(here, name);
    shown.push(own === undefined && !fieldName.test(name) ? maskedValue : name);
    here = own ?? 'masked';
  }
  return { names: shown, value: maskJson(value, here) };
}

function ruleOf(rules: AnyRules, name: string): AnyRules | undefined {
  if (typeof rules !== 'object') return undefined;
  return Object.hasOwn(rules, name) ? rules[name] : rules['*'];
}

function hidden(value: Json, levels: number): Json {
  if (value === null) return null;
  if (typeof value !== 'object') return maskedValue;
  if (Array.isArray(value)) return levels === 0 ? [] : value.map((item: Json) => hidden(item, levels - 1));
  if (levels === 0) return {};
  return Object.fromEntries(Object.entries(value).map(([name, item]) => hiddenField(name, item, levels - 1)));
}

function hiddenField(name: string, value: Json, levels: number): [string, Json] {
  return [fieldName.test(name) ? name : maskedValue, hidden(value, levels)];
}
