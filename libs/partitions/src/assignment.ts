/** How the session streams are divided among partitions, and partitions among instances. Pure. */

const digits = [...'0123456789abcdef'];

/** The stream name prefixes of each of `count` partitions (1, 2, 4, 8 or 16), by the first digit of the session id. */
export function partitionPrefixes(count: number): string[][] {
  if (digits.length % count !== 0) throw new Error(`${count} partitions do not divide 16 digits evenly.`);
  const size = digits.length / count;
  return Array.from({ length: count }, (_, partition) =>
    digits.slice(partition * size, (partition + 1) * size).map((digit) => `session-${digit}`),
  );
}

interface PartitionPosition {
  readonly prefixes: readonly string[];
  readonly position: bigint | null;
}

/** Where a partition of a new division begins: at the least of the positions that its prefixes had. Null: at the start. */
export function startPosition(
  prefixes: readonly string[],
  before: readonly PartitionPosition[],
): bigint | null {
  let least: bigint | null = null;
  for (const prefix of prefixes) {
    const position = before.find((partition) => partition.prefixes.includes(prefix))?.position ?? null;
    if (position === null) return null;
    if (least === null || position < least) least = position;
  }
  return least;
}

/** How many partitions an instance should own: shares differ by one at most, the first instances have the larger ones. */
export function fairShare(instance: string, instances: readonly string[], partitions: number): number {
  const rank = [...instances].sort().indexOf(instance);
  if (rank < 0) return 0;
  return Math.floor(partitions / instances.length) + (rank < partitions % instances.length ? 1 : 0);
}
