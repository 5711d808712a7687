import { invalidArgument } from '../rpc/errors.ts';
import { MAX_PREFIXES, type FilterOptions } from '../wire/read-request.ts';
import { expressionMatcher } from './expression.ts';
import { prefixMatcher } from './prefixes.ts';

/** Selects the events of a filtered read or subscription of $all. */
export interface Filter {
  matches(stream: string, type: string): boolean;
  /** Events examined per page. */
  readonly searchWindow: number;
  /** Events examined between two checkpoints. */
  readonly checkpointInterval: number;
}

const DEFAULT_WINDOW = 32;

/**
 * Throws RangeError when the filter is not valid, and what {@link expressionMatcher} throws when its regular expression
 * cannot be used.
 */
export const compileFilter = (options: FilterOptions): Filter => {
  const { on, regex, prefixes, window = DEFAULT_WINDOW, multiplier } = options;
  if (!on) throw new RangeError('A filter must be on stream names or event types');
  if (window === 0) throw new RangeError('The search window of a filter must be greater than 0');
  if (prefixes.length > MAX_PREFIXES)
    throw invalidArgument(`A filter must not have more than ${MAX_PREFIXES} prefixes`);
  const matchesText = regex === '' ? prefixMatcher(prefixes) : expressionMatcher(regex);
  return {
    matches: on === 'stream' ? (stream) => matchesText(stream) : (_stream, type) => matchesText(type),
    searchWindow: window,
    checkpointInterval: window * Math.max(1, multiplier),
  };
};

/** How long a page is filtered before yielding to the event loop, in milliseconds. */
const SLICE_MS = 20;

/** Yields the items until the time slice of a page is over; at least one. */
export function* inSlice<T>(items: readonly T[]): Generator<T> {
  const end = performance.now() + SLICE_MS;
  for (const item of items) {
    yield item;
    if (performance.now() > end) return;
  }
}
