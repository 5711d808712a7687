/** Thrown when the store cannot be opened. The message is one line that says what to do. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
  constructor(
    readonly code: 'locked' | 'foreign' | 'corrupt' | 'version' | 'unusable',
    message: string,
  ) {
    super(message);
  }
}

/** Thrown when the store refuses a write: the disk is full, or the files are damaged. Nothing was stored. */
export class StoreWriteError extends Error {
  override readonly name = 'StoreWriteError';
}

/** Thrown when a commit failed in a way that does not say whether its events are stored. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** Thrown when a stored event does not match its checksum or its page cannot be read. */
export class StoreReadError extends Error {
  override readonly name = 'StoreReadError';
}

/** The code for an index of the write-ahead log (`events.db-shm`) that could not be extended. */
export const SHARED_INDEX_NOT_EXTENDED = 'SQLITE_IOERR_SHMSIZE';

/** Whether the files can be written. */
export class Health {
  private damage: string | undefined;
  private isDiskFull = false;

  /**
   * @param report called with each line for the operator
   * @param hasRoom whether a file in the data directory can grow
   */
  constructor(
    private readonly report: (line: string) => void,
    private readonly hasRoom: () => boolean,
  ) {}

  /** Why the store is read-only until the next start; undefined: it is writable. */
  get readOnlyReason(): string | undefined {
    return this.damage;
  }

  /** Whether the database failed with `code` because the disk, or a quota, has no room for a file to grow. */
  lacksRoom(code: string): boolean {
    return (
      code.startsWith('SQLITE_FULL') ||
      code === SHARED_INDEX_NOT_EXTENDED ||
      (code === 'SQLITE_IOERR_WRITE' && !this.hasRoom())
    );
  }

  /** Makes the store read-only. The first reason is kept. */
  makeReadOnly(reason: string): void {
    if (this.damage !== undefined) return;
    this.damage = reason;
    this.report(`the store is read-only: ${reason}: restore a backup`);
  }

  diskFull(): void {
    if (!this.isDiskFull) this.report('the disk is full: writes are refused until there is room');
    this.isDiskFull = true;
  }

  writeSucceeded(): void {
    this.isDiskFull = false;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The SQLite result code of an error, such as SQLITE_FULL; empty for any other error. */
export const sqliteCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
