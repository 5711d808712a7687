/** Memoizes a function by its first argument; the other arguments are always the same. */
export function memoized<Key extends object, Rest extends unknown[], Result>(
  compute: (key: Key, ...rest: Rest) => Result,
): (key: Key, ...rest: Rest) => Result {
  const results = new WeakMap<Key, { readonly result: Result }>();
  return (key, ...rest) => {
    const known = results.get(key);
    if (known !== undefined) return known.result;
    const result = compute(key, ...rest);
    results.set(key, { result });
    return result;
  };
}
