import { createHash } from 'node:crypto';

/** A step from a node to its parent: its sibling, and on which side that is. */
export interface MerkleStep {
  readonly side: 'left' | 'right';
  /** base64url */
  readonly hash: string;
}

/** The hash of a leaf, as in RFC 6962. */
export function leafHash(content: string): Buffer {
  return createHash('sha256').update('\0').update(content).digest();
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update('\u0001').update(left).update(right).digest();
}

/**
 * The root over some nodes, as in RFC 6962. Over the roots of pages of 2^n leaves (the last page may have fewer), it is the root over all leaves.
 */
export function merkleRoot(nodes: readonly Buffer[]): Buffer {
  const [only] = nodes;
  if (only === undefined) return createHash('sha256').digest();
  if (nodes.length === 1) return only;
  const left = leftSize(nodes.length);
  return nodeHash(merkleRoot(nodes.slice(0, left)), merkleRoot(nodes.slice(left)));
}

/** The steps from a node to the root. */
export function merklePath(nodes: readonly Buffer[], index: number): MerkleStep[] {
  if (nodes.length < 2) return [];
  const size = leftSize(nodes.length);
  const [left, right] = [nodes.slice(0, size), nodes.slice(size)];
  return index < size
    ? [...merklePath(left, index), { side: 'right', hash: merkleRoot(right).toString('base64url') }]
    : [...merklePath(right, index - size), { side: 'left', hash: merkleRoot(left).toString('base64url') }];
}

/** The largest power of two below a number. */
function leftSize(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
