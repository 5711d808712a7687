/** Thrown when the store cannot be opened; the message is one line that says what to do. */
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

/** Thrown when a stored event does not match its checksum or its page cannot be read. */
export class StoreReadError extends Error {
  override readonly name = 'StoreReadError';
}

/** The state of the files, shared by all that touch them. */
export class Health {
  /** Why writes are refused until the next start; set by the first sign of damage. */
  refusal: string | undefined;
  private isFull = false;

  /** `report` gets a line for the operator. */
  constructor(private readonly report: (line: string) => void) {}

  refuse(reason: string): void {
    if (this.refusal !== undefined) return;
    this.refusal = reason;
    this.report(`the store is read-only: ${reason}: restore a backup`);
  }

  diskFull(): void {
    if (!this.isFull) this.report('the disk is full: writes are refused until there is room');
    this.isFull = true;
  }

  written(): void {
    this.isFull = false;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The SQLite result code of an error, such as SQLITE_FULL; empty for any other error. */
export const sqliteCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
