/** About how many characters a value has as JSON, found without writing it. */
export function jsonSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + jsonSize(item) + 1, 2);
  let size = 2;
  for (const [key, item] of Object.entries(value)) size += key.length + 4 + jsonSize(item);
  return size;
}
