/**
 * Divides the session streams among partitions, and partitions among instances. Pure. The first two digits of a session's
 * id are one of 256 pairs; a partition has a range of pairs.
 */

const digits = [...'0123456789abcdef'];
const pairs = 256;
const stream = 'session-';

/** The allowed numbers of partitions. */
export const partitionCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** A range of consecutive pairs of digits. */
export interface PairRange {
  readonly start: number;
  readonly size: number;
}

/** The stream name prefixes of each of `count` partitions: one digit where the partition has all pairs that start with it. */
export function partitionPrefixes(count: number): string[][] {
  return rangesOf(count).map(prefixesOf);
}

function rangesOf(count: number): PairRange[] {
  if (!partitionCounts.includes(count)) throw new Error(`There cannot be ${count} partitions.`);
  const size = pairs / count;
  return Array.from({ length: count }, (_, index) => ({ start: index * size, size }));
}

/** The stream name prefixes of a range. */
export function prefixesOf({ start, size }: PairRange): string[] {
  if (size >= digits.length) {
    const first = start / digits.length;
    return digits.slice(first, first + size / digits.length).map((digit) => stream + digit);
  }
  return Array.from({ length: size }, (_, index) => stream + (start + index).toString(16).padStart(2, '0'));
}

/** The range of a partition with this first prefix and this number of prefixes. */
export function rangeOf(first: string, prefixes: number): PairRange {
  const text = first.slice(stream.length);
  const unit = text.length === 1 ? digits.length : 1;
  return { start: Number.parseInt(text, 16) * unit, size: prefixes * unit };
}

/** Partitions that must be replaced together, since they cover the same sessions. */
export interface Move extends PairRange {
  readonly from: readonly PairRange[];
}

/** The replacements that lead to a division into `count` partitions. */
export function movesTo(count: number, present: readonly PairRange[]): Move[] {
  const size = pairs / count;
  const moves = new Map<number, Move>();
  for (const range of present.toSorted((a, b) => a.start - b.start)) {
    if (range.size === size) continue;
    const whole = Math.max(size, range.size);
    const start = range.start - (range.start % whole);
    moves.set(start, { start, size: whole, from: [...(moves.get(start)?.from ?? []), range] });
  }
  return [...moves.values()];
}

/** The partitions of a division into `count` that a replacement creates, by number. */
export function madeBy({ start, size }: Move, count: number): Map<number, PairRange> {
  const ranges = rangesOf(count).map((range, number) => [number, range] as const);
  return new Map(ranges.filter(([, range]) => range.start >= start && range.start < start + size));
}

/** Whether partitions cover all the sessions of a range exactly once. */
export function cover({ size }: PairRange, ranges: readonly PairRange[]): boolean {
  return ranges.reduce((sum, range) => sum + range.size, 0) === size;
}

/** The number of a partition in its division. */
export function partitionNumber(slot: number): number {
  return slot % pairs;
}

/** Table numbers for some partitions: their own, plus a multiple of 256 when any of them is taken. */
export function freeSlots(numbers: readonly number[], taken: readonly number[]): number[] {
  const used = new Set(taken);
  let slots = [...numbers];
  while (slots.some((slot) => used.has(slot))) slots = slots.map((slot) => slot + pairs);
  return slots;
}

/** How many partitions an instance should own: shares differ by at most one, and the first instances get the larger ones. */
export function fairShare(instance: string, instances: readonly string[], partitions: number): number {
  const rank = instances.toSorted().indexOf(instance);
  if (rank < 0) return 0;
  return Math.floor(partitions / instances.length) + (rank < partitions % instances.length ? 1 : 0);
}
