/** A part of a file; the last byte belongs to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What the header Range asks for (RFC 9110); `all`: the whole file, as where there is none, or one that is not understood;
 * undefined: nothing of it is there.
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
