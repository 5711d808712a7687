/** A part of a file; the last byte is included. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that the Range header requests (RFC 9110). `all`: the whole file, also if the header is missing or not
 * understood; undefined: the range cannot be satisfied.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'all' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return 'all';
  if (from === '')
    return Number(to) === 0 ? undefined : { start: Math.max(0, size - Number(to)), end: size - 1 };
  const range = { start: Number(from), end: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
  if (to !== '' && Number(to) < range.start) return 'all';
  return range.start >= size ? undefined : range;
}
