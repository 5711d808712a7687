import { expect, test } from '@jest/globals';
import { storableJson } from './storable.ts';

test('leaves storable text unchanged', () => {
  const value = [{ text: 'नमस्ते 🙏 "quoted" \\u0000 \\ud800', list: [1, null, true, { key: 'x' }] }];
  expect(JSON.parse(storableJson(value))).toEqual(value);
});

test('replaces the characters that PostgreSQL refuses, in values and in keys', () => {
  const value = { 'k\0': ['a\0b', { half: 'x\ud83d', other: '\ude4fy', whole: '🙏' }], n: 1.5 };
  expect(JSON.parse(storableJson(value))).toEqual({
    'k\uFFFD': ['a\uFFFDb', { half: 'x\uFFFD', other: '\uFFFDy', whole: '🙏' }],
    n: 1.5,
  });
});
