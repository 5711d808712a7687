import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Script, startSession, turn } from '../test-support.ts';
import { UnstorableEventError } from './changes.ts';
import { batchTexts, changesOf } from './items.ts';
import { isRefusedData } from './refused.ts';

test.each(['22003', '22P05', '23502', '23514', '54000', '54001'])(
  'SQLSTATE %s is a fault of the data',
  (code) => {
    expect(isRefusedData(Object.assign(new Error('refused'), { code }))).toBe(true);
  },
);

test.each([
  '08006',
  '25006',
  '40P01',
  '42501',
  '42703',
  '42P01',
  '53100',
  '53300',
  '57014',
  '57P01',
  '58030',
  'ECONNRESET',
])('%s is not a fault of the data', (code) => {
  expect(isRefusedData(Object.assign(new Error('failed'), { code }))).toBe(false);
});

test('rows that cannot be written as JSON are a fault of the data', () => {
  const script = new Script();
  script.request(startSession);
  const [event] = script.request(turn(randomUUID()));
  const extracted_entities: unknown = {
    list: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown,
  };
  const deep = { ...event, data: { ...event?.data, extracted_entities } } as never;
  const { changes } = changesOf([{ session_id: script.sessionId, event: deep, position: 1n }]);
  expect(() => batchTexts(changes, [])).toThrow(UnstorableEventError);
  expect(isRefusedData(new UnstorableEventError('deep'))).toBe(true);
});
