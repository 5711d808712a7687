import { expect, test } from '@jest/globals';
import { readDeadLetter, redriven, writeDeadLetter } from './dead-letters.ts';

const letter = {
  topic: 'orders.events',
  partition: 2,
  offset: '1',
  reason: 'not_json',
  detail: 'broken',
  failed_at: '2026-11-24T08:00:00.000Z',
  key: Buffer.from('a'),
  value: Buffer.from('{'),
  headers: { ce_id: '1' },
};

function written(more: Partial<typeof letter> = {}): Parameters<typeof readDeadLetter>[0] {
  return writeDeadLetter({ ...letter, ...more }) as Parameters<typeof readDeadLetter>[0];
}

test('a dead letter survives writing and reading unchanged', () => {
  expect(readDeadLetter(written())).toEqual(letter);
});

test('a long detail is cut: a dead letter must not become larger than a broker takes', () => {
  const detail = 'x'.repeat(100_000);
  expect(readDeadLetter(written({ detail }))?.detail).toBe(detail.slice(0, 1_000));
});

test('a message without the headers of a dead letter is not one', () => {
  expect(readDeadLetter({ key: null, value: null, headers: { ce_id: '1' } })).toBeUndefined();
});

test('a redriven message equals the original, plus the place of its dead letter', () => {
  expect(redriven(letter, { topic: 'orders.events.dlq', partition: 0, offset: '7' })).toEqual({
    topic: 'orders.events',
    key: letter.key,
    value: letter.value,
    headers: { ce_id: '1', redriven_from: 'orders.events.dlq/0/7' },
  });
});

test('a header without a value becomes an empty one', () => {
  const headers = { without: null, several: ['1', null], other: '2' } as unknown as typeof letter.headers;
  expect(written({ headers }).headers).toMatchObject({ without: '', several: ['1', ''], other: '2' });
});
