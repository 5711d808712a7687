import { Injectable } from '@nestjs/common';
import { EventStore, HistoryConfig, lastRoot, Roots } from '#sessions';

/** The signed roots, read again when there is a new one. */
@Injectable()
export class KnownRoots {
  private known: { readonly revision: number; readonly roots: Promise<Roots> } | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly config: HistoryConfig,
  ) {}

  /** @throws StoreUnavailableError */
  async read(): Promise<Roots> {
    const revision = (await lastRoot(this.store))?.revision ?? -1;
    if (this.known?.revision !== revision) {
      const roots = Roots.read(this.store, this.config.keys);
      this.known = { revision, roots };
      roots.catch(() => {
        this.known = undefined;
      });
    }
    return this.known.roots;
  }
}
