import { expect, test } from '@jest/globals';
import type { Json } from '../kernel/json.ts';
import { cancelAll } from './decide.ts';
import { openInquiriesLimit } from './state.ts';
import { another, answer, givenCommands, order_status } from './test-inquiries.ts';

test('closing all inquiries closes each', () => {
  const { state } = givenCommands(another(1), another(2));
  expect(cancelAll(state, 'none')).toMatchObject([
    { data: { inquiry_id: 'i1', outcome: 'cancelled', cause: 'session_over' } },
    { data: { inquiry_id: 'i2' } },
  ]);
});

test('closing all inquiries cuts no answer while all of them fit', () => {
  const merge: Json[] = Array.from({ length: 3 }, (_, n) => ({
    [`part_${n}`]: { const: 'x'.repeat(8_000) },
  }));
  const short: Json[] = [{ part_0: { const: 'x' } }];
  const kindOf = (index: number): Json[] => (index < 4 ? merge : short);
  const asked = Array.from({ length: openInquiriesLimit }, (_, index) => [
    another(index, { declared: { ...order_status, merge: kindOf(index) } }),
    ...(index < 6 ? [answer('orders', { tracking_id: 'T1' }, { inquiry_id: `i${index}` })] : []),
  ]).flat();
  const closed = cancelAll(givenCommands(...asked).state, 'none');
  const parts = closed.map(({ data }) => Object.keys(('answer' in data && data.answer) || {}).length);
  expect(parts).toEqual([3, 3, 3, 3, 1, 1, 0, 0]);
});

test('closing all inquiries fits into one append, encrypted, however large their answers are', () => {
  const merge: Json[] = Array.from({ length: 4 }, (_, n) => ({
    [`part_${n}`]: { const: 'अ'.repeat(8_175) },
  }));
  const asked = Array.from({ length: openInquiriesLimit }, (_, index) => [
    another(index, { declared: { ...order_status, merge } }),
    answer('orders', { tracking_id: 'T1' }, { inquiry_id: `i${index}` }),
  ]).flat();
  const closed = cancelAll(givenCommands(...asked).state, 'none');
  const bytes = new TextEncoder().encode(JSON.stringify(closed)).length;
  expect((bytes * 4) / 3).toBeLessThan(1_048_576);
  expect(closed[0]).toMatchObject({ data: { answer: { part_0: expect.any(String) } } });
});
