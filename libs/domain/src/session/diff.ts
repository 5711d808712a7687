import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject, isSameJson } from '../kernel/json.ts';
import type { Context } from './context.ts';

/** The old and the new value of a field of the context. Absent: the field did not exist, or no longer does. */
export interface FieldChange {
  /** The field's path: a JSON Pointer (RFC 6901), such as `/goal_state/step`. A list is one field. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/**
 * The fields in which two contexts of a session differ, except the revision. An object that is new or gone is reported field
 * by field.
 * @param before undefined: there is no session yet
 */
export function changedFields(before: Context | undefined, after: Context): FieldChange[] {
  const { revision: _from, ...old } = (before ?? {}) as unknown as JsonObject;
  const { revision: _to, ...current } = after as unknown as JsonObject;
  return changesIn(old, current, '');
}

/** The path of the parent field; undefined: there is none. */
export function parentPath(path: string): string | undefined {
  const end = path.lastIndexOf('/');
  return end <= 0 ? undefined : path.slice(0, end);
}

/** The names of the fields on a path, outermost first. */
export function namesIn(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The path of fields with these names, outermost first. */
export function pathOf(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function changesIn(before: JsonObject, after: JsonObject, path: string): FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [was, is] = [fieldOf(before, name), fieldOf(after, name)];
    return changesOf(was, is, path + pathOf([name]));
  });
}

function changesOf(before: Json | undefined, after: Json | undefined, path: string): FieldChange[] {
  if (before === after) return [];
  const isFilled = isObject(after) && Object.keys(after).length > 0;
  if (isObject(before) && isObject(after)) return changesIn(before, after, path);
  if (isFilled && (before === undefined || before === null)) return changesIn({}, after, path);
  if (before !== undefined && after !== undefined && isSameJson(before, after)) return [];
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

function fieldOf(fields: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
