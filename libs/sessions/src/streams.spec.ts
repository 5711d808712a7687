import { expect, test } from '@jest/globals';
import type { StoredEvent } from './client/page.ts';
import { EventCodec } from './codec.ts';
import type { EventStore } from './store.ts';
import { foldEvents } from './streams.ts';

const stored = (revision: number): StoredEvent =>
  ({
    type: 'Noted',
    id: `e-${revision}`,
    revision: BigInt(revision),
    data: {},
    created: new Date(0),
  }) as StoredEvent;

/** A store that has all events of a stream in memory. */
function storeOf(count: number): EventStore {
  async function* read(): AsyncGenerator<StoredEvent> {
    for (let revision = 0; revision < count; revision += 1) yield stored(revision);
  }
  return { read, codec: new EventCodec() } as unknown as EventStore;
}

test('a fold applies each event once', async () => {
  const revisions = await foldEvents(storeOf(500), 'id', [] as number[], (list, { revision }) => [
    ...list,
    revision,
  ]);
  expect(revisions).toEqual(Array.from({ length: 500 }, (_, revision) => revision));
});

test('a long fold lets other work run', async () => {
  let turns = 0;
  const other = (): void => {
    turns += 1;
    timer = setImmediate(other);
  };
  let timer = setImmediate(other);
  await foldEvents(storeOf(40), 'id', 0, (count) => {
    const end = performance.now() + 2;
    while (performance.now() < end);
    return count + 1;
  });
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(2);
});
