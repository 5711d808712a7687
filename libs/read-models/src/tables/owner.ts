/** The writer: the owner of a partition, under its epoch. */
export interface Owner {
  readonly partition: number;
  readonly owner: string;
  readonly epoch: bigint;
}

/** The writer, and the position up to which the rows are written. */
export interface Writer extends Owner {
  readonly position: bigint | null;
}

/** Thrown when nothing was written because the partition has another owner, or another position, than the writer assumes. */
export class LeaseLostError extends Error {
  constructor(readonly partition: number) {
    super(`Partition ${partition} has another owner.`);
  }
}
