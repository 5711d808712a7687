import { unknownError } from '../rpc/errors.ts';
import type { FilterOptions } from '../wire/read-request.ts';

/** Selects the events of a filtered read or subscription of $all. */
export interface Filter {
  matches(stream: string, type: string): boolean;
  /** Events considered between two checkpoints. */
  readonly checkpointInterval: number;
}

const DEFAULT_WINDOW = 32;

/** Throws RangeError when the filter is not valid, and UNKNOWN when its regular expression is malformed. */
export const compileFilter = (options: FilterOptions): Filter => {
  const { on, regex, prefixes, window = DEFAULT_WINDOW, multiplier } = options;
  if (!on) throw new RangeError('A filter must be on stream names or event types');
  if (window === 0) throw new RangeError('The search window of a filter must be greater than 0');
  const matchesText = regex === '' ? prefixMatcher(prefixes) : regexMatcher(regex);
  return {
    matches: on === 'stream' ? (stream) => matchesText(stream) : (_stream, type) => matchesText(type),
    checkpointInterval: window * Math.max(1, multiplier),
  };
};

const prefixMatcher =
  (prefixes: readonly string[]) =>
  (text: string): boolean =>
    prefixes.some((prefix) => text.startsWith(prefix));

const regexMatcher = (source: string): ((text: string) => boolean) => {
  const [, inline = '', body = source] = /^\(\?([imsx]*)\)(.*)$/s.exec(source) ?? [];
  const flags = [...new Set(inline.replaceAll(/[^ims]/g, ''))].join('');
  try {
    const pattern = new RegExp(body, flags);
    return (text) => pattern.test(text);
  } catch {
    throw unknownError(`'${source}' is not a valid regular expression`);
  }
};
