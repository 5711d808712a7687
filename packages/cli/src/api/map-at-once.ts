/** Maps items in order, with at most `most` of them in progress. */
export async function* mapAtOnce<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Awaited in its turn; until then its rejection must not count as unhandled.
    result.catch(() => undefined);
    underWay.push(result);
    const [first] = underWay;
    if (underWay.length < most || first === undefined) continue;
    void underWay.shift();
    yield await first;
  }
  for (const result of underWay) yield await result;
}
