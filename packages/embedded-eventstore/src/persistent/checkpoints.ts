import { append, writeMetadata } from '../store/append.ts';
import type { ProposedEvent } from '../store/records.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { checkpointStream, type GroupConfig } from './settings.ts';
import { newId } from '../store/event-id.ts';

/** Records up to where a group's messages are finished, so that it continues there after a restart. */
export class Checkpoints {
  private lastWritten: number | undefined;
  private writtenAt = performance.now();
  /** Messages finished since the last checkpoint. */
  private finished = 0;

  constructor(
    private readonly store: Store,
    private readonly config: GroupConfig,
  ) {
    this.lastWritten = readCheckpoint(store, config);
  }

  /** The revision (or position) of the last checkpoint; undefined without a checkpoint. */
  get last(): number | undefined {
    return this.lastWritten;
  }

  countFinished(): void {
    this.finished++;
  }

  /** @param timed whether the time since the last checkpoint counts, or the number of messages alone */
  writeIfDue(done: number, timed: boolean): void {
    if (!this.isBehind(done)) return;
    const { minCheckpointCount, maxCheckpointCount, checkpointAfterMs } = this.config;
    const waited = performance.now() - this.writtenAt;
    const due = timed && this.finished >= minCheckpointCount && waited >= checkpointAfterMs;
    if (due || this.finished >= Math.max(1, maxCheckpointCount)) this.write(done);
  }

  /** Writes a checkpoint unless the last one is up to date. */
  writeFinal(done: number): void {
    if (this.isBehind(done)) this.write(done);
  }

  private isBehind(done: number): boolean {
    return this.finished > 0 && done > (this.lastWritten ?? -1);
  }

  private write(done: number): void {
    const isFirst = this.lastWritten === undefined;
    this.lastWritten = done;
    this.writtenAt = performance.now();
    this.finished = 0;
    writeCheckpoint(this.store, this.config, done, isFirst);
  }
}

/** The revision (or position) of the last checkpoint; undefined without a checkpoint. */
const readCheckpoint = (store: Store, config: GroupConfig): number | undefined => {
  const page = store.reads.stream(checkpointStream(config), Number.MAX_SAFE_INTEGER, 1, true);
  const data = page.kind === 'page' ? page.events[0]?.data : undefined;
  if (!data) return undefined;
  const value = JSON.parse(data.toString('utf8')) as number | { commitPosition: number };
  return typeof value === 'number' ? value : value.commitPosition;
};

const writeCheckpoint = (store: Store, config: GroupConfig, done: number, isFirst: boolean): void => {
  const value = config.stream === ALL_STREAM ? { commitPosition: done, preparePosition: done } : done;
  const event: ProposedEvent = {
    id: newId(),
    type: '$SubscriptionCheckpoint',
    isJson: true,
    data: Buffer.from(JSON.stringify(value)),
    meta: Buffer.alloc(0),
  };
  const stream = checkpointStream(config);
  store.writer.submit(
    (tx) => {
      if (isFirst) writeMetadata(tx, stream, Buffer.from('{"$maxCount":2}'));
      append(tx, stream, 'any', [event]);
    },
    () => {
      // Without the checkpoint, events are delivered again after a restart.
    },
  );
};
