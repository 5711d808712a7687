import { describe, expect, test } from '@jest/globals';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';

const time = '2026-01-05T09:00:00.123Z';
const id = '5f3e8b1c-0d55-4a33-9d7c-2f6f6d1f3a10';

describe('a page cursor', () => {
  test('survives a round trip', () => {
    const cursor = encodeCursor([time, id, '41']);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor(cursor, ['time', 'uuid', 'number'])).toEqual([time, id, '41']);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'abc'],
    ['no list', encodeCursor({} as string[])],
    ['too short', encodeCursor([time])],
    ['too long', encodeCursor([time, id, '1', '2'])],
    ['no time', encodeCursor(['2026-13-45T99:00:00.000Z', id, '1'])],
    ['a date that does not exist', encodeCursor(['2026-02-30T09:00:00.000Z', id, '1'])],
    ['a year that does not exist', encodeCursor(['0000-01-01T09:00:00.000Z', id, '1'])],
    ['no uuid', encodeCursor([time, "x'; DROP TABLE", '1'])],
    ['no number', encodeCursor([time, id, '-1'])],
    ['another type', encodeCursor([time, id, 1] as string[])],
  ])('%s is refused', (_, cursor) => {
    expect(() => decodeCursor(cursor, ['time', 'uuid', 'number'])).toThrow(InvalidCursorError);
  });
});
