import { describe, expect, test } from '@jest/globals';
import { createColors } from 'picocolors';
import { renderDocument } from './document.ts';
import { formatTime, parseTime } from './times.ts';

describe('a time', () => {
  test.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T10:00', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01 10:00:05', '2026-03-01T10:00:05.000Z'],
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00:00.5+05:30', '2026-03-01T04:30:00.500Z'],
    ['15m', '2026-03-01T11:45:00.000Z'],
    ['3d', '2026-02-26T12:00:00.000Z'],
  ])('%s is read in UTC as %s', (text, time) => {
    expect(parseTime(text, true, Date.parse('2026-03-01T12:00:00Z'))).toBe(time);
  });

  test.each(['2026-03-01T10:00', '2026-03-01'])('%s is read in the zone in which times are shown', (text) => {
    expect(formatTime(parseTime(text, false), false)).toMatch(text.replace('T', ' '));
  });

  test.each(['', 'yesterday', '2026-13-01', '2026-03', '5w', '1772359200'])('cannot be %j', (text) => {
    expect(() => parseTime(text, true)).toThrow(`${text} is not a time`);
  });

  test('is shown in UTC with its Z', () => {
    expect(formatTime('2026-11-24T08:00:00.123Z', true)).toBe('2026-11-24 08:00:00Z');
  });
});

test('a document is indented names and values', () => {
  const document = {
    partner_id: 'P7689',
    at: '2026-11-24T08:00:00.000Z',
    goal: { current: null, stack: [] },
    turns: [{ text: 'a\nb', n: 1 }, { text: 'c' }],
    tags: ['x', 'y'],
  };
  expect(renderDocument(document, createColors(false), true)).toEqual([
    'partner_id: P7689',
    'at: 2026-11-24 08:00:00Z',
    'goal:',
    '  current: -',
    '  stack: -',
    'turns:',
    '  - text: a b',
    '    n: 1',
    '  - text: c',
    'tags:',
    '  - x',
    '  - y',
  ]);
});
