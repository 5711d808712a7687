import { isPartnerId } from '#domain';
import type { DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';
import type { Reference } from './references.ts';

/**
 * The stored form of orders, payouts and shipments: with keys a blind index, so that no table reveals them. A
 * partner's id does not identify the person and is stored as it is; other systems may send one that does.
 */
export class StoredReferences {
  constructor(private readonly keys: DataKeys | undefined) {}

  /** The form in which they are written. @throws KeyStoreUnavailableError */
  async written<R extends Reference>(items: readonly R[]): Promise<R[]> {
    const index = await this.index(items);
    return items.map((item) => blind(index, item));
  }

  /**
   * All forms in which each may be stored, the written form first. References written before there were keys stay plain until
   * they expire: the release after this one need not look for them.
   * @throws KeyStoreUnavailableError
   */
  async forms<R extends Reference>(items: readonly R[]): Promise<R[][]> {
    const index = await this.index(items);
    return items.map((item) => {
      const written = blind(index, item);
      return written === item ? [item] : [written, item];
    });
  }

  private async index(items: readonly Reference[]): Promise<BlindIndex | undefined> {
    return this.keys && items.some(isBlind) ? BlindIndex.load(this.keys) : undefined;
  }
}

function isBlind({ kind, reference }: Reference): boolean {
  return kind !== 'partner' || !isPartnerId(reference);
}

function blind<R extends Reference>(index: BlindIndex | undefined, item: R): R {
  return index && isBlind(item) ? { ...item, reference: index.of(item.kind, item.reference) } : item;
}
