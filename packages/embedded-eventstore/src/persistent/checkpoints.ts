import { append, writeMetadata } from '../store/append.ts';
import type { ProposedEvent } from '../store/records.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { checkpointStream, type GroupConfig } from './settings.ts';
import { newId } from '../store/event-id.ts';

/** The revision (or position) of the last checkpoint; undefined without a checkpoint. */
export const readCheckpoint = (store: Store, config: GroupConfig): number | undefined => {
  const page = store.reads.stream(checkpointStream(config), Number.MAX_SAFE_INTEGER, 1, true);
  const data = page.kind === 'page' ? page.events[0]?.data : undefined;
  if (!data) return undefined;
  const value = JSON.parse(data.toString('utf8')) as number | { commitPosition: number };
  return typeof value === 'number' ? value : value.commitPosition;
};

export const writeCheckpoint = (store: Store, config: GroupConfig, done: number, isFirst: boolean): void => {
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
