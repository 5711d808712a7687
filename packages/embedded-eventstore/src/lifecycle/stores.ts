import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { append } from '../store/append.ts';
import type { EventRecord, ProposedEvent } from '../store/records.ts';
import { Store } from '../store/store.ts';

/** Calls `use` with a new directory, which is removed afterwards. */
export const withDirectory = async <T>(use: (dir: string) => T | Promise<T>): Promise<T> => {
  const dir = await mkdtemp(join(tmpdir(), 'event-store-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** Opens the store in `dir`, and closes it after `use`. */
export const withStore = async <T>(dir: string, use: (store: Store) => T | Promise<T>): Promise<T> => {
  const store = Store.open(dir);
  try {
    return await use(store);
  } finally {
    store.close();
  }
};

export const proposal = (n: number, size = 0): ProposedEvent => ({
  id: Buffer.from(crypto.getRandomValues(new Uint8Array(16))),
  type: 'Tested',
  isJson: true,
  data: Buffer.from(JSON.stringify({ n, text: 'x'.repeat(size) })),
  meta: Buffer.alloc(0),
});

/** Appends `count` events to a stream, one transaction each. */
export const appendMany = async (store: Store, stream: string, count: number, size = 0): Promise<void> => {
  for (let n = 0; n < count; n++) {
    await store.writer.write((tx) => append(tx, stream, 'any', [proposal(n, size)]));
  }
};

export const readAll = (store: Store, stream: string): readonly EventRecord[] => {
  const page = store.reads.stream(stream, 0, 100_000, false);
  return page.kind === 'page' ? page.events : [];
};
