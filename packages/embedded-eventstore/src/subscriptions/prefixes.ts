/**
 * Matches texts that start with any of the prefixes, by binary search. No kept prefix starts with another one, so
 * only the last one that sorts before the text can match.
 */
export const prefixMatcher = (prefixes: readonly string[]): ((text: string) => boolean) => {
  const kept: string[] = [];
  for (const prefix of prefixes.toSorted(byCodeUnits)) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return (text) => {
    let [low, high] = [0, kept.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((kept[middle] ?? '') <= text) low = middle + 1;
      else high = middle;
    }
    const candidate = kept[low - 1];
    return candidate !== undefined && text.startsWith(candidate);
  };
};

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
