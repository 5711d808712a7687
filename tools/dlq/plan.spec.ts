import { expect, test } from '@jest/globals';
import type { Action, Mark } from './marks.ts';
import { markOf } from './marks.ts';
import { planPage } from './plan.ts';

const letter = (offset: number, time = 1_000 + offset): { offset: bigint; time: number } => ({
  offset: BigInt(offset),
  time,
});
const letters = (...offsets: number[]): ReturnType<typeof letter>[] =>
  offsets.map((offset) => letter(offset));
const mark = (first: number, last: number, action: Action = 'redriven', id = '1'): Mark => ({
  id,
  action,
  first: BigInt(first),
  last: BigInt(last),
  oldest: 1_000 + first,
  newest: 1_000 + last,
});
const all = (): boolean => true;
const bounds = (marks: readonly Mark[]): string[] =>
  marks.map(({ id = 'new', first, last }) => `${id}: ${first}-${last}`);

test('open letters that follow one another share a mark', () => {
  const { chosen, marks } = planPage(letters(3, 4, 6), 'redriven', all, []);
  expect([chosen.length, bounds(marks)]).toEqual([3, ['new: 3-6']]);
});

test('a letter that does not match stays open between two marks', () => {
  const plan = planPage(letters(3, 4, 5), 'redriven', ({ offset }) => offset !== 4n, []);
  expect([plan.chosen, bounds(plan.marks)]).toEqual([letters(3, 5), ['new: 3-3', 'new: 5-5']]);
});

test('a mark grows by the open letters after it', () => {
  const { chosen, marks } = planPage(letters(0, 1, 2), 'redriven', all, [mark(0, 1)]);
  expect([chosen, bounds(marks)]).toEqual([letters(2), ['1: 0-2']]);
});

test('the mark of the page before grows', () => {
  const { marks, open } = planPage(letters(5), 'redriven', all, [], mark(0, 4));
  expect([bounds(marks), open]).toEqual([['1: 0-5'], marks[0]]);
});

test('a letter with another action is not changed', () => {
  const { chosen, marks } = planPage(letters(0, 1, 2), 'redriven', all, [mark(1, 1, 'discarded')]);
  expect([chosen, bounds(marks)]).toEqual([letters(0, 2), ['new: 0-0', 'new: 2-2']]);
});

test('a mark does not apply to a letter of a recreated topic', () => {
  const { chosen } = planPage([letter(0, 9_000), letter(1, 9_001)], 'redriven', all, [mark(0, 1)]);
  expect(chosen).toHaveLength(2);
});

test('the latest mark of a letter counts', () => {
  expect(markOf([mark(1, 1, 'discarded', '2'), mark(0, 3)], letter(1))?.action).toBe('discarded');
});
