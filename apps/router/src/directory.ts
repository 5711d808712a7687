import type { CellDirectory } from '#cells';
import { CellTable } from '#cells';
import type { Logger } from '#platform';
import { repeat } from '#platform';

/** The directory as a router sees it, updated version by version. It stays in use while PostgreSQL is unavailable. */
export class FollowedDirectory {
  readonly table = new CellTable();

  constructor(
    private readonly directory: Pick<CellDirectory, 'changesSince'>,
    private readonly everyMs: number,
    private readonly logger: Logger,
  ) {}

  get isKnown(): boolean {
    return this.table.version >= 0;
  }

  /** Runs until the signal. */
  follow(signal: AbortSignal): Promise<void> {
    return repeat(() => this.read(), {
      everyMs: this.everyMs,
      signal,
      onError: (err) => this.logger.warn({ err }, 'cell directory not read'),
    });
  }

  private async read(): Promise<void> {
    this.table.apply(await this.directory.changesSince(this.table.version));
  }
}
