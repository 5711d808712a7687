import { describe, expect, test } from '@jest/globals';
import { holdOpen } from './hold-open.ts';

describe('a resource that is held open', () => {
  test('stays open until it is closed', async () => {
    const events: string[] = [];
    const held = holdOpen<string>(async (work) => {
      await work('resource');
      events.push('closed');
    });
    expect(await held.open()).toBe('resource');
    expect(events).toEqual([]);
    await held.close();
    expect(events).toEqual(['closed']);
  });

  test('rejects open when it cannot be opened', async () => {
    const held = holdOpen<string>(() => Promise.reject(new Error('no port')));
    await expect(held.open()).rejects.toThrow('no port');
  });

  test('can be closed when it could not be opened', async () => {
    const held = holdOpen<string>(() => Promise.reject(new Error('no port')));
    await held.open().catch(() => undefined);
    await expect(held.close()).resolves.toBeUndefined();
  });

  test('is closed as soon as it is open when close comes first', async () => {
    const opening = Promise.withResolvers<void>();
    let closed = false;
    const held = holdOpen<string>(async (work) => {
      await opening.promise;
      await work('resource');
      closed = true;
    });
    void held.open();
    const closing = held.close();
    opening.resolve();
    await closing;
    expect(closed).toBe(true);
  });
});
