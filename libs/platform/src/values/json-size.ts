/** Beyond this many levels, values are measured without recursion, which is slower. */
const recursiveLevels = 100;

/** About how many characters a value has as JSON, without writing it, at any depth. Bytes count as they are. */
export function jsonSize(value: unknown, levels = recursiveLevels): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (levels === 0) return sizeOfDeep(value);
  let size = 2;
  if (Array.isArray(value)) {
    for (const item of value) size += jsonSize(item, levels - 1) + 1;
    return size;
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    size += key.length + 4 + jsonSize((value as Record<string, unknown>)[key], levels - 1);
  }
  return size;
}

function sizeOfDeep(value: object): number {
  let size = 0;
  const rest = [value];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    size += 2;
    for (const [key, item] of Object.entries(next)) {
      size += key.length + 4;
      if (typeof item === 'object' && item !== null && !ArrayBuffer.isView(item)) rest.push(item as object);
      else size += jsonSize(item);
    }
  }
  return size;
}

/** Whether lists and objects are nested deeper than this many levels. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const item of Object.values(value)) if (isDeeperThan(item, levels - 1)) return true;
  return false;
}
