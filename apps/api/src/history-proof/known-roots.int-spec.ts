import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { HistoryKeys, StoreUnavailableError } from '#sessions';
import { patientStore } from '../../../../libs/sessions/src/test-support.ts';
import { KnownRoots } from './known-roots.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
let roots: KnownRoots;
/** How often all roots were read. */
let reads: () => number;

beforeEach(() => {
  roots = new KnownRoots(store, { signer: undefined, keys: new HistoryKeys([]) });
  const read = jest.spyOn(store, 'read');
  reads = () => read.mock.calls.length;
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => store.dispose());

/** The last root holds something that is not JSON. */
function lastRootCannotBeRead(): void {
  jest.spyOn(store, 'readLast').mockRejectedValue(new SyntaxError('Unexpected token'));
}

test('roots are read again only when there is a new one', async () => {
  await roots.read();
  await roots.read();
  expect(reads()).toBe(1);
});

test('while the last root cannot be read, requests at the same time share a read', async () => {
  lastRootCannotBeRead();
  await Promise.all(Array.from({ length: 8 }, () => roots.read()));
  expect(reads()).toBe(1);
});

test('while the last root cannot be read, roots are read again after 30 s', async () => {
  lastRootCannotBeRead();
  const now = performance.now.bind(performance);
  const clock = jest.spyOn(performance, 'now');
  await roots.read();
  clock.mockImplementation(() => now() + 25_000);
  await roots.read();
  expect(reads()).toBe(1);
  clock.mockImplementation(() => now() + 31_000);
  await roots.read();
  expect(reads()).toBe(2);
});

test('roots are read again once the last one can be read', async () => {
  lastRootCannotBeRead();
  await roots.read();
  jest.spyOn(store, 'readLast').mockResolvedValue(undefined);
  await roots.read();
  expect(reads()).toBe(2);
});

test('a read that failed is not kept', async () => {
  lastRootCannotBeRead();
  jest.spyOn(store, 'read').mockImplementationOnce(() => {
    throw new StoreUnavailableError();
  });
  await expect(roots.read()).rejects.toThrow(StoreUnavailableError);
  await roots.read();
  expect(reads()).toBe(2);
});
