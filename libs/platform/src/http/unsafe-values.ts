import type { FieldError } from '../problems/problem.ts';
import { FaultList } from '../problems/faults.ts';
import { requestLimits } from '../problems/limits.ts';

const { bodyDepth: maxDepth } = requestLimits;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * What no body may contain, whatever its class: keys that reach into prototypes, texts that PostgreSQL
 * cannot store (U+0000, lone surrogates), and nesting so deep that recursive code would overflow the stack.
 */
export function unsafeValues(value: unknown): readonly FieldError[] {
  const faults = new FaultList();
  collect(value, [], faults);
  return faults.errors;
}

function collect(value: unknown, path: (string | number)[], faults: FaultList): void {
  if (faults.isFull) return;
  if (typeof value === 'string') return checkText(value, path, faults);
  if (typeof value !== 'object' || value === null) return;
  if (path.length >= maxDepth) return faults.add(path, `is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collectMember(index, item, path, faults);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (forbiddenKeys.has(key)) faults.add([...path, key], 'is not an allowed key');
    else collectMember(key, item, path, faults);
  }
}

function collectMember(
  key: string | number,
  item: unknown,
  path: (string | number)[],
  faults: FaultList,
): void {
  path.push(key);
  collect(item, path, faults);
  if (typeof key === 'string') checkText(key, path, faults);
  path.pop();
}

function checkText(text: string, path: readonly (string | number)[], faults: FaultList): void {
  if (text.includes('\0') || !text.isWellFormed())
    faults.add(path, 'has a character that cannot be stored (U+0000 or half a surrogate pair)');
}
