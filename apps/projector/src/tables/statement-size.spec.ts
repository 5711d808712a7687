import { expect, test } from '@jest/globals';
import { StatementSize } from './statement-size.ts';

const tooSlow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
const items = Array.from({ length: 20 }, (_, index) => index);
const alone = (): boolean => false;

test('a part of a batch ends with the last item of a command', () => {
  const statements = new StatementSize();
  statements.failed(tooSlow, 20);
  expect(statements.divide(items, (item) => item >= 2 && item < 9)).toEqual([
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [10, 11, 12],
    [13, 14, 15],
    [16, 17, 18],
    [19],
  ]);
});

test('only a statement that took too long makes the next ones smaller', () => {
  const statements = new StatementSize();
  statements.failed(new Error('connection terminated'), 20);
  expect(statements.divide(items, alone)).toEqual([items]);
});

test('an empty batch is one part, which moves the position', () => {
  expect(new StatementSize().divide([], alone)).toEqual([[]]);
});
