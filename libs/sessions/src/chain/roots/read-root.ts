import type { RootStatement, StoredRoot } from './ledger.ts';

/** What is wrong with a root; `number`: which one. */
export interface RootFault {
  readonly number: number;
  /**
   * `signature`: invalid. `unknown_key`: no public key can verify it, and no exported root confirms it. `order`: does not follow the
   * previous root. `leaves`: they do not hash to it, or its pages are misnamed. `differs`: not the exported root.
   */
  readonly kind: 'signature' | 'unknown_key' | 'order' | 'leaves' | 'differs' | 'gone';
  readonly detail: string;
  /** The page of leaves that is concerned; absent: the whole root. */
  readonly page?: number;
}

/** A root with its parsed statement. */
export interface ReadRoot {
  readonly stored: StoredRoot;
  readonly says: RootStatement;
}
