/** About how many characters a value has as JSON, found without writing it, however deep it is. Bytes count as they are. */
export function jsonSize(value: unknown): number {
  let size = 0;
  const rest: object[] = [];
  const add = (item: unknown): void => {
    if (typeof item === 'string') size += item.length + 2;
    else if (ArrayBuffer.isView(item)) size += item.byteLength;
    else if (typeof item === 'object' && item !== null) rest.push(item);
    else size += 8;
  };
  add(value);
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    size += 2;
    if (Array.isArray(next)) {
      size += next.length;
      for (const item of next) add(item);
    } else {
      for (const [key, item] of Object.entries(next)) {
        size += key.length + 4;
        add(item);
      }
    }
  }
  return size;
}

/** Whether lists and objects are nested in more than so many levels. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const item of Object.values(value)) if (isDeeperThan(item, levels - 1)) return true;
  return false;
}
