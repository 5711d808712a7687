/** About how many characters a value has as JSON, found without writing it, however deep it is nested. */
export function jsonSize(value: unknown): number {
  const open: object[] = [];
  const sizeOf = (item: unknown): number => {
    if (typeof item === 'string') return item.length + 2;
    if (typeof item !== 'object' || item === null) return 8;
    open.push(item);
    return 2;
  };
  let size = sizeOf(value);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) for (const item of next) size += sizeOf(item) + 1;
    else for (const [key, item] of Object.entries(next)) size += sizeOf(item) + key.length + 4;
  }
  return size;
}
