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

/**
 * Whether stored data are leaves, in ascending order. Other types could have the same text, and so the same hash: of the revision "5",
 * or of a list with one name.
 */
export function areLeaves(data: unknown): data is Leaf[] {
  return (
    Array.isArray(data) &&
    data.every(isLeaf) &&
    data.every(([stream], index) => index === 0 || (data[index - 1]?.[0] ?? '') < stream)
  );
}

function isLeaf(data: unknown): data is Leaf {
  if (!Array.isArray(data) || data.length !== 3) return false;
  const [stream, revision, chain] = data as unknown[];
  return typeof stream === 'string' && Number.isSafeInteger(revision) && typeof chain === 'string';
}

/** A leaf with its place. */
export interface FoundLeaf {
  readonly leaf: Leaf;
  readonly page: number;
  readonly index: number;
}

/**
 * The leaf of a stream; undefined: the leaves beside its place show that there is none. No root signs where its pages begin, so their
 * names only say where to look first. @param leavesAt returns a verified page; none: it cannot be verified
 */
export async function findLeaf(
  pages: readonly LeafPage[],
  stream: string,
  leavesAt: (page: number) => Promise<readonly Leaf[]>,
): Promise<FoundLeaf | undefined> {
  const search = async (low: number, high: number, page: number): Promise<FoundLeaf | undefined> => {
    if (low > high) return undefined;
    const leaves = await leavesAt(page);
    const index = leaves.findIndex(([name]) => name === stream);
    const leaf = leaves[index];
    if (leaf !== undefined) return { leaf, page, index };
    const below = () => search(low, page - 1, Math.floor((low + page - 1) / 2));
    const above = () => search(page + 1, high, Math.floor((page + 1 + high) / 2));
    const [first, last] = [leaves[0], leaves.at(-1)];
    if (first === undefined || last === undefined) return (await below()) ?? above();
    if (stream < first[0]) return below();
    return stream > last[0] ? above() : undefined;
  };
  const named = pages.findLastIndex(({ first }) => first <= stream);
  return search(0, pages.length - 1, Math.max(0, named));
}
