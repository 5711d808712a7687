import { Injectable } from '@nestjs/common';
import { EventStore, HistoryConfig, lastRoot, Roots, StoreUnavailableError } from '#sessions';

/** The signed roots, read again when there is a new one. */
@Injectable()
export class KnownRoots {
  private known: { readonly revision: number | undefined; readonly roots: Promise<Roots> } | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly config: HistoryConfig,
  ) {}

  /** @throws StoreUnavailableError */
  async read(): Promise<Roots> {
    const revision = await this.lastRevision();
    if (revision === undefined || this.known?.revision !== revision) {
      const roots = Roots.read(this.store, this.config.keys);
      this.known = { revision, roots };
      roots.catch(() => {
        this.known = undefined;
      });
    }
    return this.known.roots;
  }

  /** The revision of the last root; undefined: it cannot be read, which the roots report as a fault. */
  private async lastRevision(): Promise<number | undefined> {
    try {
      return (await lastRoot(this.store))?.revision ?? -1;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return undefined;
    }
  }
}
