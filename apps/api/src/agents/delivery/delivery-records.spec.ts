import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Caller } from '#privacy';
import { DeliveryRecords } from './delivery-records.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-11-24T08:59:59Z') });
});
afterEach(() => {
  jest.useRealTimers();
});

const caller = { role: 'agent', subject: 'bot', instance: null } as unknown as Caller;
const delivered = { sessionId: 's', instance: 'bot-7', caller };

/** What is recorded; nothing is remembered but by who asks. */
function recorded(): { records: DeliveryRecords; list: unknown[]; fail: (error?: Error) => void } {
  const list: unknown[] = [];
  let failure: Error | undefined;
  const records = new DeliveryRecords({
    isRecorded: () => false,
    record: async ({ caller }, action, shown) => {
      if (failure) throw failure;
      list.push([caller.instance, action, shown]);
    },
  });
  return { records, list, fail: (error) => (failure = error) };
}

test('an instance that is sent updates for long leaves a record in each hour, not one an update', async () => {
  const { records, list } = recorded();
  for (const _ of [1, 2, 3]) await records.record(delivered);
  expect(list).toEqual([['bot-7', 'receive_updates', [{ session_id: 's', partner_id: undefined }]]]);
  expect(records.isRecorded(delivered)).toBe(true);
  jest.advanceTimersByTime(1_000);
  expect(records.isRecorded(delivered)).toBe(false);
  await records.record(delivered);
  expect(list).toHaveLength(2);
});

test('what could not be recorded is not taken for recorded', async () => {
  const { records, list, fail } = recorded();
  fail(new Error('away'));
  await expect(records.record(delivered)).rejects.toThrow('away');
  expect(records.isRecorded(delivered)).toBe(false);
  fail();
  await records.record(delivered);
  expect(list).toHaveLength(1);
});

test('where nobody is known nothing is recorded', async () => {
  const { records, list } = recorded();
  await records.record({ sessionId: 's', instance: 'bot-7' });
  expect(list).toEqual([]);
});
