import type { Page } from './conditions.ts';

/** The items of all pages of a list. */
export async function pages<T>(page: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  for (let count = 0; count < 50; count += 1) {
    const { items, next } = await page(after);
    all.push(...items);
    if (next === null) return all;
    after = next;
  }
  throw new Error('the pages never end');
}

/** A page that fits into so many bytes, or has only one item. */
export async function within<T>(bytes: number, page: Promise<Page<T>>): Promise<Page<T>> {
  const { items } = await page;
  const size = Buffer.byteLength(JSON.stringify(items));
  // The bytes of a list are those of its items, each with a comma.
  if (items.length !== 1 && size > bytes + 1) throw new Error(`the page has ${size} bytes`);
  return page;
}
