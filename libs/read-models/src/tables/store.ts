import type { Pool } from 'pg';
import type { RecordedEvent } from '#domain';
import type { RowBatch } from './batch.ts';
import { mergeChanges } from './batch.ts';
import { rowChange } from './changes.ts';
import type { RowChange } from './rows.ts';
import { writeBatch, writeRebuiltBatch } from './sql.ts';
import { storableJson } from './storable.ts';

/** An event with its place in the store. */
export interface Positioned {
  readonly session_id: string;
  readonly event: RecordedEvent;
  readonly position: bigint;
}

/** Who writes, and up to where the rows are written so far. */
export interface Writer {
  readonly slot: number;
  readonly owner: string;
  readonly epoch: bigint;
  readonly position: bigint | null;
}

/** An event that no row can hold. */
export interface RowFailure {
  readonly session_id: string;
  readonly revision: number;
  readonly type: string;
  readonly position: string;
  readonly reason: string;
}

/** Thrown when a batch was not written since the slot has another owner, or another position, than the writer believes. */
export class LeaseLostError extends Error {
  constructor(readonly slot: number) {
    super(`Slot ${slot} is not held any more.`);
  }
}

/** The tables `conversation_session` and `conversation_turn`, written in batches, each event once. */
export class RowsStore {
  /**
   * @param pool whose connections have `connectionSettings`
   * @param rebuilding the tables are those of a rebuild: no slot's checkpoint moves with them
   */
  constructor(
    private readonly pool: Pool,
    private readonly rebuilding = false,
  ) {}

  /**
   * Writes the rows of events and moves the slot's checkpoint to `position`, in one transaction. Events that no row can
   * hold are passed over and returned.
   * @param until what happened until then is in the rows afterwards
   * @throws LeaseLostError
   */
  async write(
    writer: Writer,
    events: readonly Positioned[],
    position: bigint,
    until: string | null,
  ): Promise<RowFailure[]> {
    const { changes, failures } = changesOf(events);
    try {
      await this.send(writer, mergeChanges(changes), failures, position, until);
      return failures;
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      return this.writeApart(writer, events, position, until, error);
    }
  }

  /** PostgreSQL refuses something in the batch: halves until the one event is found that it refuses. */
  private async writeApart(
    writer: Writer,
    events: readonly Positioned[],
    position: bigint,
    until: string | null,
    error: Error,
  ): Promise<RowFailure[]> {
    const [first] = events;
    if (first === undefined) throw error;
    if (events.length === 1) {
      const failures = [failure(first, error)];
      await this.send(writer, mergeChanges([]), failures, position, until);
      return failures;
    }
    const half = Math.ceil(events.length / 2);
    const middle = events[half - 1]?.position ?? first.position;
    const before = await this.write(writer, events.slice(0, half), middle, until);
    const after = await this.write({ ...writer, position: middle }, events.slice(half), position, until);
    return [...before, ...after];
  }

  private async send(
    { slot, owner, epoch, position: before }: Writer,
    { started, patches, turns, replies, references }: RowBatch,
    failures: readonly RowFailure[],
    position: bigint,
    until: string | null,
  ): Promise<void> {
    const statement = this.rebuilding ? writeRebuiltBatch : writeBatch;
    const rows = [started, patches, turns, replies, failures, references].map((list) => storableJson(list));
    const values = [slot, owner, epoch, before, position, until, ...rows];
    const { rows: answer } = await this.pool.query<{ held: number }>({ ...statement, values });
    if (answer[0]?.held !== 1) throw new LeaseLostError(slot);
  }
}

function changesOf(events: readonly Positioned[]): { changes: RowChange[]; failures: RowFailure[] } {
  const changes: RowChange[] = [];
  const failures: RowFailure[] = [];
  for (const positioned of events) {
    try {
      changes.push(rowChange(positioned.session_id, positioned.event));
    } catch (error) {
      failures.push(failure(positioned, error));
    }
  }
  return { changes, failures };
}

function failure({ session_id, event, position }: Positioned, error: unknown): RowFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return { session_id, revision: event.revision, type: event.type, position: String(position), reason };
}

/** Classes 22 and 23 of SQLSTATE: data that does not fit a type, or breaks a constraint. Trying again cannot help. */
function isRefusedData(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));
}
