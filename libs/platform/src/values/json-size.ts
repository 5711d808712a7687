/** About how many characters a value has as JSON, found without writing it; it may be nested as deep as it likes. */
export function jsonSize(value: unknown): number {
  let size = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const item = rest.pop();
    if (typeof item === 'string') size += item.length + 2;
    else if (typeof item !== 'object' || item === null) size += 8;
    else if (item instanceof Uint8Array) size += item.byteLength;
    else if (Array.isArray(item)) {
      size += item.length + 2;
      for (const member of item) rest.push(member);
    } else {
      size += 2;
      for (const [key, member] of Object.entries(item)) {
        size += key.length + 4;
        rest.push(member);
      }
    }
  }
  return size;
}
