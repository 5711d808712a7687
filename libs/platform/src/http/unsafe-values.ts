import type { FieldError } from '../problems/problem.ts';

const maxDepth = 32;
const loneSurrogate = /\p{Surrogate}/u;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * What no body may have anywhere, whatever its class says: keys that reach into prototypes, texts that PostgreSQL
 * cannot store (U+0000, half a surrogate pair), and nesting so deep that code working on it would overflow.
 */
export function unsafeValues(value: unknown, path = '', depth = 0): FieldError[] {
  if (typeof value === 'string') return unsafeText(value, path);
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= maxDepth) return [{ field: path, message: `is nested deeper than ${maxDepth} levels` }];
  if (Array.isArray(value))
    return value.flatMap((item, index) => unsafeValues(item, `${path}[${index}]`, depth + 1));
  const faults: FieldError[] = [];
  for (const [key, item] of Object.entries(value)) {
    const field = path ? `${path}.${key}` : key;
    if (forbiddenKeys.has(key)) faults.push({ field, message: 'is not an allowed key' });
    else {
      const inner = unsafeValues(item, field, depth + 1);
      if (inner.length > 0) faults.push(...inner);
      faults.push(...unsafeText(key, field));
    }
  }
  return faults;
}

function unsafeText(text: string, field: string): FieldError[] {
  if (text.includes('\0') || loneSurrogate.test(text))
    return [{ field, message: 'has a character that cannot be stored (U+0000 or half a surrogate pair)' }];
  return [];
}
