import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { MerkleStep } from './merkle.ts';
import { leafHash, merklePath, merkleRoot } from './merkle.ts';

const leaves = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`));

function climb(leaf: Buffer, path: readonly MerkleStep[]): string {
  const top = path.reduce((node, { side, hash }) => {
    const sibling = Buffer.from(hash, 'base64url');
    const [left, right] = side === 'left' ? [sibling, node] : [node, sibling];
    return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
  }, leaf);
  return top.toString('hex');
}

test('the root is that of RFC 6962', () => {
  const list = [Buffer.alloc(0), Buffer.of(0), Buffer.of(0x10)].map((bytes) =>
    leafHash(bytes.toString('latin1')),
  );
  expect(merkleRoot([]).toString('hex')).toMatch(/^e3b0c442/);
  expect(merkleRoot(list).toString('hex')).toBe(
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  );
});

test.each([1, 2, 3, 7, 8, 9, 33])('each of %d leaves has a path to the root', (count) => {
  const list = leaves(count);
  const root = merkleRoot(list).toString('hex');
  expect(list.map((leaf, index) => climb(leaf, merklePath(list, index)))).toEqual(list.map(() => root));
});

test.each([1, 4, 5, 11, 16, 17])(
  'the root over the roots of pages of 4 is that over all of %d leaves',
  (count) => {
    const list = leaves(count);
    const pages = Array.from({ length: Math.ceil(count / 4) }, (_, page) =>
      list.slice(4 * page, 4 * page + 4),
    );
    expect(merkleRoot(pages.map(merkleRoot))).toEqual(merkleRoot(list));
    const paths = pages.flatMap((page, index) =>
      page.map((leaf, at) =>
        climb(leaf, [...merklePath(page, at), ...merklePath(pages.map(merkleRoot), index)]),
      ),
    );
    expect(new Set(paths)).toEqual(new Set([merkleRoot(list).toString('hex')]));
  },
);
