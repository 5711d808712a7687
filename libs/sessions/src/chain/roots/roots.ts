import { LRUCache } from 'lru-cache';
import { assertWanted } from '#platform';
import { StoreUnavailableError } from '../../client/errors.ts';
import type { EventStore } from '../../store.ts';
import { merkleRoot } from '../merkle.ts';
import type { HistoryKeys, Signed } from '../signing.ts';
import type { Leaf } from './leaves.ts';
import { pageFor, pageNodes, pageOf } from './leaves.ts';
import type { RootStatement, StoredRoot } from './ledger.ts';
import { parseStatement, readLeaves, readRoots, statementHash } from './ledger.ts';

/** What is wrong with a root; `number`: which one. */
export interface RootFault {
  readonly number: number;
  /** `signature`: it is not valid. `order`: it does not follow the one before. `leaves`: they do not give it. `differs`: an exported one says other things. */
  readonly kind: 'signature' | 'order' | 'leaves' | 'differs' | 'gone';
  readonly detail: string;
}

/** A root with what it says. */
export interface ReadRoot {
  readonly stored: StoredRoot;
  readonly says: RootStatement;
}

/** Pages of leaves that are kept, each of about 100 KB. */
const pagesKept = 128;

/** The signed roots of a store. A root that is not as it was signed counts for nothing but its fault. */
export class Roots {
  readonly list: ReadRoot[] = [];
  readonly faults: RootFault[] = [];
  private readonly pages = new LRUCache<string, readonly Leaf[]>({ max: pagesKept });

  private constructor(private readonly store: EventStore) {}

  /**
   * Reads all roots and checks their signatures and their order.
   * @param exported roots that were exported before: the store has to have them still
   * @throws StoreUnavailableError
   */
  static async read(store: EventStore, keys: HistoryKeys, exported: readonly Signed[] = []): Promise<Roots> {
    const roots = new Roots(store);
    const statements = new Set<string>();
    let previous: StoredRoot | undefined;
    let number = 0;
    try {
      for await (const stored of readRoots(store)) {
        roots.addReadable(stored, previous, number, keys);
        statements.add(stored.statement);
        previous = stored;
        number += 1;
      }
    } catch (error) {
      roots.unreadable(number, 'gone', error);
    }
    for (const item of exported) roots.compare(item, statements, number, keys);
    return roots;
  }

  /** The position up to which all events are covered. */
  get position(): bigint {
    return BigInt(this.list.at(-1)?.says.position ?? 0);
  }

  /** Whether an event at a position may have no hash: not where a root counts none, nor behind the last root if that does. */
  readonly mayBeUnchained = (position: bigint): boolean => {
    const root = this.list.find(({ says }) => BigInt(says.position) >= position) ?? this.list.at(-1);
    return root === undefined || root.says.unchained > 0;
  };

  /** The hashes that roots have of a stream, by revision. @throws StoreUnavailableError, AbandonedError */
  async sealedOf(stream: string, signal?: AbortSignal): Promise<Map<number, string>> {
    const sealed = new Map<number, string>();
    for (const root of this.list) {
      assertWanted(signal);
      const found = await this.leafOf(root, stream);
      if (found !== undefined) sealed.set(found.leaf[1], found.leaf[2]);
    }
    return sealed;
  }

  /** The leaf of a stream in a root, with its place. @throws StoreUnavailableError */
  async leafOf(
    root: ReadRoot,
    stream: string,
  ): Promise<{ readonly leaf: Leaf; readonly page: number; readonly index: number } | undefined> {
    const page = pageFor(root.stored.pages, stream);
    if (page < 0) return undefined;
    const leaves = await this.leavesAt(root, page);
    const index = leaves.findIndex(([name]) => name === stream);
    const leaf = leaves[index];
    return leaf && { leaf, page, index };
  }

  /** A page of leaves, which is checked; none where they are not those of the root. @throws StoreUnavailableError */
  async leavesAt({ stored, says }: ReadRoot, page: number): Promise<readonly Leaf[]> {
    const key = `${says.number} ${page}`;
    const kept = this.pages.get(key);
    if (kept !== undefined) return kept;
    const leaves = await readLeaves(this.store, stored, page).catch((error: unknown) =>
      this.unreadable(says.number, 'leaves', error),
    );
    const isRight = pageOf(leaves).hash === stored.pages[page]?.hash;
    if (!isRight)
      this.fault(says.number, 'leaves', `Its leaves (page ${page}) are not those that were signed.`);
    const result = isRight ? leaves : [];
    this.pages.set(key, result);
    return result;
  }

  private addReadable(...root: Parameters<Roots['add']>): void {
    try {
      this.add(...root);
    } catch (error) {
      this.unreadable(root[2], 'leaves', error);
    }
  }

  /** What somebody damaged so that it cannot be read is a fault; a store that does not answer is none. */
  private unreadable(number: number, kind: RootFault['kind'], error: unknown): [] {
    if (error instanceof StoreUnavailableError) throw error;
    this.fault(number, kind, `It cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }

  private add(stored: StoredRoot, previous: StoredRoot | undefined, number: number, keys: HistoryKeys): void {
    const signature = keys.isKnown ? keys.check(stored) : 'valid';
    if (signature !== 'valid') return this.fault(number, 'signature', `Its signature: ${signature}.`);
    const says = parseStatement(stored);
    if (says.number !== number || says.previous !== (previous === undefined ? null : statementHash(previous)))
      this.fault(number, 'order', 'It does not follow the root before.');
    if (merkleRoot(pageNodes(stored.pages)).toString('base64url') !== says.root)
      return this.fault(number, 'leaves', 'The hashes of its pages do not give it.');
    this.list.push({ stored, says });
  }

  private compare(item: Signed, statements: ReadonlySet<string>, count: number, keys: HistoryKeys): void {
    const { number } = parseStatement(item);
    if (keys.isKnown && keys.check(item) !== 'valid')
      this.fault(number, 'signature', 'The exported root has no valid signature.');
    if (statements.has(item.statement)) return;
    if (number >= count) this.fault(number, 'gone', 'It was exported, and the store does not have it.');
    else this.fault(number, 'differs', 'The store has another root than the one that was exported.');
  }

  private fault(number: number, kind: RootFault['kind'], detail: string): void {
    this.faults.push({ number, kind, detail });
  }
}
