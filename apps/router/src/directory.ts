import type { CellDirectory, PartnerMove } from '#cells';
import { CellTable } from '#cells';
import type { Logger } from '#platform';
import { repeat } from '#platform';

/** The directory as a router sees it, updated version by version. It stays in use while PostgreSQL is unavailable. */
export class FollowedDirectory {
  readonly table = new CellTable();
  /** Ends with the question that is being asked. */
  private current: Promise<void> = Promise.resolve();
  private next: Promise<readonly PartnerMove[]> | undefined;

  constructor(
    private readonly directory: Pick<CellDirectory, 'changesSince' | 'moves'>,
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

  /** The ids of the moves to a cell whose sessions may still arrive; undefined: PostgreSQL does not answer. */
  async movesTo(cell: string): Promise<readonly string[] | undefined> {
    try {
      const moves = await this.moves();
      return moves
        .filter(({ to, phase }) => to === cell && phase !== 'cleaning')
        .map(({ move_id }) => move_id);
    } catch (err) {
      this.logger.warn({ err }, 'moves not read');
      return undefined;
    }
  }

  /** One question at a time: whoever asks meanwhile shares the next one, so no answer is older than its question. */
  private moves(): Promise<readonly PartnerMove[]> {
    this.next ??= this.current.then(() => {
      this.next = undefined;
      const moves = this.directory.moves();
      this.current = moves.then(
        () => undefined,
        () => undefined,
      );
      return moves;
    });
    return this.next;
  }

  private async read(): Promise<void> {
    this.table.apply(await this.directory.changesSince(this.table.version));
  }
}
