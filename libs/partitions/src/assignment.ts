/** How the session streams are divided among slots, and slots among projectors. Pure. */

const digits = [...'0123456789abcdef'];

/** The beginnings of stream names of each of `count` slots (1, 2, 4, 8 or 16), by the first digit of the session id. */
export function partitionPrefixes(count: number): string[][] {
  if (digits.length % count !== 0) throw new Error(`${count} slots do not divide 16 digits evenly.`);
  const size = digits.length / count;
  return Array.from({ length: count }, (_, slot) =>
    digits.slice(slot * size, (slot + 1) * size).map((digit) => `session-${digit}`),
  );
}

export interface SlotPosition {
  readonly prefixes: readonly string[];
  readonly position: bigint | null;
}

/** Where slots cut anew have to begin: at the least of the positions that their prefixes had. Null: at the start. */
export function startPosition(prefixes: readonly string[], before: readonly SlotPosition[]): bigint | null {
  let least: bigint | null = null;
  for (const prefix of prefixes) {
    const position = before.find((slot) => slot.prefixes.includes(prefix))?.position ?? null;
    if (position === null) return null;
    if (least === null || position < least) least = position;
  }
  return least;
}

/** How many slots an instance should hold: all shares differ by one at most, the first instances have the larger ones. */
export function fairShare(instance: string, instances: readonly string[], slots: number): number {
  const rank = [...instances].sort().indexOf(instance);
  if (rank < 0) return 0;
  return Math.floor(slots / instances.length) + (rank < slots % instances.length ? 1 : 0);
}
