import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { StoredEvent } from './codec.ts';
import { EventStore } from './store.ts';
import { foldEvents } from './streams.ts';

/** A store whose events are all there at once, as when they are read faster than they are folded. */
class FastStore extends EventStore {
  override async *read(streamId: string): AsyncGenerator<StoredEvent> {
    for (let revision = 0n; revision < 50n; revision += 1n) {
      const event = { streamId, id: randomUUID(), revision, type: 'Unknown', created: new Date(), data: {} };
      yield { ...event, metadata: undefined, isJson: true } as unknown as StoredEvent;
    }
  }
}

test('the fold of a long stream lets other work of the process run', async () => {
  const store = new FastStore('esdb://127.0.0.1:1?tls=false');
  const order: string[] = [];
  setImmediate(() => order.push('other'));
  await foldEvents(store, randomUUID(), 0, (count) => {
    for (const end = performance.now() + 1; performance.now() < end;);
    return count + 1;
  });
  order.push('fold');
  expect(order).toEqual(['other', 'fold']);
  await store.dispose();
});
