import { Injectable } from '@nestjs/common';
import { EventStore, HistoryConfig, lastRoot, Roots, StoreUnavailableError } from '#sessions';

/** How long roots are kept while it cannot be seen whether there is a new one. */
const keptMs = 30_000;

interface Known {
  /** Undefined: the last root could not be read. */
  readonly revision: number | undefined;
  readonly roots: Promise<Roots>;
  /** By `performance.now()`; infinite while they are being read. */
  until: number;
}

/** The signed roots, read again when there is a new one. */
@Injectable()
export class KnownRoots {
  private known: Known | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly config: HistoryConfig,
  ) {}

  /** @throws StoreUnavailableError */
  async read(): Promise<Roots> {
    const revision = await this.lastRevision();
    const { known } = this;
    if (known !== undefined && known.revision === revision && performance.now() < known.until)
      return known.roots;
    return this.readAgain(revision);
  }

  private readAgain(revision: number | undefined): Promise<Roots> {
    const known: Known = { revision, roots: Roots.read(this.store, this.config.keys), until: Infinity };
    this.known = known;
    const onRead = (): void => {
      if (revision === undefined) known.until = performance.now() + keptMs;
    };
    known.roots.then(onRead).catch(() => {
      known.until = 0;
    });
    return known.roots;
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
