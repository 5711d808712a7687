import { LRUCache } from 'lru-cache';
import { assertWanted } from '#platform';
import { StoreUnavailableError } from '../../client/errors.ts';
import type { EventStore } from '../../store.ts';
import { merkleRoot } from '../merkle.ts';
import type { HistoryKeys, Signed } from '../signing.ts';
import type { FoundLeaf, Leaf } from './leaves.ts';
import { concerning } from './concerning.ts';
import { confirmedBy } from './confirmed.ts';
import { findLeaf, pageNodes, pageOf } from './leaves.ts';
import type { StoredRoot } from './ledger.ts';
import { parseStatement, readLeaves, readRoots, statementHash } from './ledger.ts';
import type { ReadRoot, RootFault } from './read-root.ts';

/** The result of looking a stream up in the roots. */
interface Sealed {
  /** The hashes that they hold for it, by revision. */
  readonly hashes: Map<number, string>;
  /** The faults of pages that may have a leaf of it. */
  readonly hiding: readonly RootFault[];
}

/** Pages of leaves in memory, about 100 KB each. */
const pagesKept = 128;

/** The signed roots of a store. A root that fails verification is used for nothing and only reported. */
export class Roots {
  readonly list: ReadRoot[] = [];
  readonly faults: RootFault[] = [];
  /** Roots of unknown keys that exported roots confirm. */
  byExport = 0;
  private readonly known = new Set<string>();
  private readonly pages = new LRUCache<string, readonly Leaf[]>({ max: pagesKept });

  private constructor(private readonly store: EventStore) {}

  /**
   * Reads all roots and checks their signatures and their order.
   * @param exported roots that were exported earlier, which the store must still have
   * @throws StoreUnavailableError
   */
  static async read(store: EventStore, keys: HistoryKeys, exported: readonly Signed[] = []): Promise<Roots> {
    const roots = new Roots(store);
    const stored: StoredRoot[] = [];
    const statements = new Set<string>();
    let failure: unknown;
    try {
      for await (const root of readRoots(store)) {
        statements.add(root.statement);
        stored.push(root);
      }
    } catch (error) {
      failure = error;
    }
    const confirmed = confirmedBy(exported, stored, keys);
    for (const [number, root] of stored.entries())
      roots.addReadable(root, stored[number - 1], number, keys, confirmed);
    if (failure !== undefined) roots.unreadable(stored.length, 'gone', failure);
    for (const item of exported) roots.compare(item, statements, stored.length, keys);
    return roots;
  }

  /** The position up to which all events are covered. */
  get position(): bigint {
    return BigInt(this.list.at(-1)?.says.position ?? 0);
  }

  /** Whether an event at a position may lack a hash: not when its root counts none, and after the last root not when that root counts none. */
  readonly mayBeUnchained = (position: bigint): boolean => {
    const root = this.list.find(({ says }) => BigInt(says.position) >= position) ?? this.list.at(-1);
    return root === undefined || root.says.unchained > 0;
  };

  /** What the roots say about a stream. @throws StoreUnavailableError, AbandonedError */
  async sealedOf(stream: string, signal?: AbortSignal): Promise<Sealed> {
    const hashes = new Map<number, string>();
    const hiding: RootFault[] = [];
    for (const root of this.list) {
      assertWanted(signal);
      const unverified = new Set<number>();
      const found = await findLeaf(root.stored.pages, stream, async (page) => {
        const leaves = await this.leavesAt(root, page);
        if (leaves.length === 0) unverified.add(page);
        return leaves;
      });
      if (found !== undefined) hashes.set(found.leaf[1], found.leaf[2]);
      else if (unverified.size > 0) hiding.push(...this.faultsOf(root, unverified));
    }
    return { hashes, hiding };
  }

  /** The faults that may hide what a root says about a stream. @param began the position of its first event, if it is known */
  concerning({ hiding }: Sealed, began: bigint | undefined): RootFault[] {
    return concerning(this.faults, hiding, this.list, began);
  }

  private faultsOf({ says }: ReadRoot, pages: ReadonlySet<number>): RootFault[] {
    return this.faults.filter(
      ({ number, page }) => number === says.number && page !== undefined && pages.has(page),
    );
  }

  /** The leaf of a stream in a root, with its place. @throws StoreUnavailableError */
  async leafOf(root: ReadRoot, stream: string): Promise<FoundLeaf | undefined> {
    return findLeaf(root.stored.pages, stream, (page) => this.leavesAt(root, page));
  }

  /** A verified page of leaves; none when it does not match the root. @throws StoreUnavailableError */
  async leavesAt({ stored, says }: ReadRoot, page: number): Promise<readonly Leaf[]> {
    const key = `${says.number} ${page}`;
    const kept = this.pages.get(key);
    if (kept !== undefined) return kept;
    const leaves = await readLeaves(this.store, stored, page).catch((error: unknown) =>
      this.unreadable(says.number, 'leaves', error, page),
    );
    const { first, hash } = pageOf(leaves);
    const described = stored.pages[page];
    const isRight = hash === described?.hash;
    if (!isRight)
      this.fault(says.number, 'leaves', `Its leaves (page ${page}) are not those that were signed.`, page);
    else if (first !== described.first)
      this.fault(says.number, 'leaves', `Its page ${page} does not begin where the root says.`, page);
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

  /** A root that is damaged beyond reading is a fault; a store that does not answer is not. */
  private unreadable(number: number, kind: RootFault['kind'], error: unknown, page?: number): [] {
    if (error instanceof StoreUnavailableError) throw error;
    const what = page === undefined ? 'It' : `Its page ${page} of leaves`;
    const reason = error instanceof Error ? error.message : String(error);
    this.fault(number, kind, `${what} cannot be read: ${reason}`, page);
    return [];
  }

  private add(
    stored: StoredRoot,
    previous: StoredRoot | undefined,
    number: number,
    keys: HistoryKeys,
    confirmed: ReadonlySet<string>,
  ): void {
    const signature = keys.isKnown ? keys.check(stored) : 'valid';
    const isConfirmed = signature === 'no_key' && confirmed.has(statementHash(stored));
    if (signature === 'no_key' && !isConfirmed) return this.unknownKey(number, stored);
    if (signature !== 'valid' && !isConfirmed)
      return this.fault(number, 'signature', `Its signature: ${signature}.`);
    const says = parseStatement(stored);
    if (says.number !== number || says.previous !== (previous === undefined ? null : statementHash(previous)))
      this.fault(number, 'order', 'It does not follow the previous root.');
    if (merkleRoot(pageNodes(stored.pages)).toString('base64url') !== says.root)
      return this.fault(number, 'leaves', 'It is not the root over the hashes of its pages.');
    this.list.push({ stored, says });
    if (isConfirmed) this.byExport += 1;
  }

  private unknownKey(number: number, { key_id }: StoredRoot): void {
    const detail = `It cannot be verified: its key (${key_id}) is not among the public keys, and no exported root confirms it.`;
    this.fault(number, 'unknown_key', detail);
  }

  private compare(item: Signed, statements: ReadonlySet<string>, count: number, keys: HistoryKeys): void {
    const { number } = parseStatement(item);
    if (keys.isKnown && !['valid', 'no_key'].includes(keys.check(item)))
      this.fault(number, 'signature', 'The exported root has no valid signature.');
    if (statements.has(item.statement)) return;
    if (number >= count) this.fault(number, 'gone', 'It was exported, but the store does not have it.');
    else this.fault(number, 'differs', 'The store has another root than the one that was exported.');
  }

  /** A page that is read again adds no fault again. */
  private fault(number: number, kind: RootFault['kind'], detail: string, page?: number): void {
    const name = `${number} ${detail}`;
    if (this.known.has(name)) return;
    this.known.add(name);
    this.faults.push({ number, kind, detail, ...(page === undefined ? {} : { page }) });
  }
}
