import { expect, test } from '@jest/globals';
import type { Leaf } from './leaves.ts';
import { findLeaf, pageOf } from './leaves.ts';

const leaf = (name: string): Leaf => [name, 1, 'chain'];
/** b d | f h | j l | n p */
const leaves = ['bd', 'fh', 'jl', 'np'].map((names) => [...names].map(leaf));
const absent = [...'acegikmoq'];
const honest = leaves.map(pageOf);
const misnamed = (first: string) => honest.map((page) => ({ ...page, first }));

async function find(stream: string, pages = honest, stored: readonly (readonly Leaf[])[] = leaves) {
  const reads: number[] = [];
  const found = await findLeaf(pages, stream, async (page) => {
    reads.push(page);
    return stored[page] ?? [];
  });
  return { found, reads };
}

test.each([...'bdfhjlnp'])('leaf %s is found in the page that names it, with one read', async (stream) => {
  const { found, reads } = await find(stream);
  expect(found?.leaf).toEqual(leaf(stream));
  expect([leaves[found?.page ?? -1]?.[found?.index ?? -1], reads.length]).toEqual([leaf(stream), 1]);
});

test.each(absent)('%s has no leaf, which the leaves beside it show', async (stream) => {
  expect((await find(stream)).found).toBeUndefined();
});

test.each(['', 'a', 'h', 'zzz'])(
  'each leaf is found though all pages claim to begin at "%s"',
  async (first) => {
    for (const stream of 'bdfhjlnp')
      expect((await find(stream, misnamed(first))).found?.leaf[0]).toBe(stream);
    for (const stream of absent) expect((await find(stream, misnamed(first))).found).toBeUndefined();
  },
);

test.each([0, 1, 2, 3])('page %d that cannot be verified hides no leaf of others', async (bad) => {
  for (const [page, items] of leaves.entries())
    for (const [stream] of items) {
      const { found } = await find(stream, misnamed(''), leaves.with(bad, []));
      expect(found?.page).toBe(page === bad ? undefined : page);
    }
});
