import { leafHash, merkleRoot } from '../merkle.ts';

/** A stream, its revision at the time of a root, and the hash of its history up to there. */
export type Leaf = readonly [stream: string, revision: number, chain: string];

/** Leaves stored in one event: a power of two, so that the root over the pages equals the root over the leaves. */
export const pageLeaves = 1_024;

/** A page of leaves: its first stream, and the root over it (base64url). */
export interface LeafPage {
  readonly first: string;
  readonly hash: string;
}

/** The bytes of a leaf that are hashed. */
function leafText([stream, revision, chain]: Leaf): string {
  return `${stream}\n${revision}\n${chain}`;
}

/** The nodes of a page of leaves. */
export function leafNodes(leaves: readonly Leaf[]): Buffer[] {
  return leaves.map((leaf) => leafHash(leafText(leaf)));
}

export function pageOf(leaves: readonly Leaf[]): LeafPage {
  return { first: leaves[0]?.[0] ?? '', hash: merkleRoot(leafNodes(leaves)).toString('base64url') };
}

/** The nodes of the pages of a root. */
export function pageNodes(pages: readonly LeafPage[]): Buffer[] {
  return pages.map(({ hash }) => Buffer.from(hash, 'base64url'));
}

/** The index of the page that would contain a stream; pages are ordered by stream. */
export function pageFor(pages: readonly LeafPage[], stream: string): number {
  return pages.findLastIndex(({ first }) => first <= stream);
}
