import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { append } from '../store/append.ts';
import { StoreReadError } from '../store/errors.ts';
import type { EventRecord, ProposedEvent } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { withDirectory, withStore } from './stores.ts';

const COUNT = 60;
const payloads = [
  Buffer.alloc(0),
  Buffer.from([0]),
  Buffer.from('a\0b'),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
  Buffer.from('{"text":"ä電😀"}'),
  randomBytes(5_000),
];

const proposed = (n: number): ProposedEvent => ({
  id: n === 0 ? Buffer.alloc(16) : randomBytes(16),
  type: ['Tested', 'Tésted "twice" \\ 電', ' '][n % 3] ?? '',
  isJson: n % 2 === 0,
  data: payloads[n % payloads.length] ?? Buffer.alloc(0),
  meta: payloads[(n * 5 + 1) % payloads.length] ?? Buffer.alloc(0),
});

const filled = async (use: (store: Store, all: readonly ProposedEvent[]) => void): Promise<void> => {
  const all = Array.from({ length: COUNT }, (_, n) => proposed(n));
  await withDirectory((dir) =>
    withStore(dir, async (store) => {
      await store.writer.write((tx) => append(tx, 'stream', 'any', all));
      use(store, all);
    }),
  );
};

const pageOf = (store: Store): readonly EventRecord[] => {
  const page = store.reads.stream('stream', 0, COUNT, false);
  return page.kind === 'page' ? page.events : [];
};

test('a page has each event as it was appended', async () => {
  await filled((store, all) => {
    const found = pageOf(store);
    expect(found).toMatchObject(all.map((event, rev) => ({ ...event, rev, stream: 'stream' })));
    const single = store.reads.stream('stream', 7, 1, false);
    expect(single).toMatchObject({ events: [found[7]] });
  });
});

test('an empty page has no events', async () => {
  await filled((store) => expect(store.log.readAllForwards(store.log.next, 64)).toEqual([]));
});

test.each(["data = X'00ff'", "type = X'ff'", "meta = 'text'", 'created = created + 1'])(
  'a page with an event that was changed (%s) is refused',
  async (change) => {
    await filled((store) => {
      store.db.exec(
        `UPDATE events SET ${change} WHERE rev = 20 AND sid = (SELECT sid FROM streams WHERE name = 'stream')`,
      );
      expect(() => pageOf(store)).toThrow(StoreReadError);
    });
  },
);
