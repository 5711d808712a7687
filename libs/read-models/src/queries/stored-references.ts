import { isPartnerId } from '#domain';
import type { DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';
import type { Reference } from './references.ts';

/**
 * How orders, payouts and shipments stand in tables: where there are keys as a blind index, so that no table tells them. A
 * partner's id says nothing of the person, and stands as it is; other systems may send one that does.
 */
export class StoredReferences {
  constructor(private readonly keys: DataKeys | undefined) {}

  /** As they are written. @throws KeyStoreUnavailableError */
  async written<R extends Reference>(items: readonly R[]): Promise<R[]> {
    const index = await this.index(items);
    return items.map((item) => blind(index, item));
  }

  /**
   * As each may stand, the form that is written first. What was written before there were keys stands as it is, until its
   * time is over: the release after this one need not look for it.
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
