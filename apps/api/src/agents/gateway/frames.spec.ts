import { describe, expect, test } from '@jest/globals';
import { InvalidFrameError, parseFrame } from './frames.ts';

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const hello = { type: 'hello', instance: 'bot-1', pool: 'support', capacity: 5 };
const parse = (frame: unknown): unknown => parseFrame(JSON.stringify(frame));

test('a hello may leave out echo, draining and resume', () => {
  const flags = { echo: false, draining: false };
  expect(parse({ ...hello, attempt: 3 })).toEqual({ ...hello, ...flags, resume: [], attempt: 3 });
});

test('a hello without an attempt counts as one of now', () => {
  const before = Date.now();
  const { attempt } = parse(hello) as { attempt: number };
  expect(attempt).toBeGreaterThanOrEqual(before);
});

test('a hello resumes sessions, whose ids become lower case', () => {
  const resume = [{ session_id: id.toUpperCase(), epoch: 2, after: 7 }];
  expect(parse({ ...hello, resume })).toMatchObject({ resume: [{ session_id: id, epoch: 2, after: 7 }] });
});

test('a session is resumed where it was acknowledged when after is left out', () => {
  const resume = [{ session_id: id, epoch: 2, more: 1 }];
  expect(parse({ ...hello, resume })).toMatchObject({ resume: [{ session_id: id, epoch: 2, after: null }] });
});

test('an echo that is not true counts as false', () => {
  expect(parse({ ...hello, echo: 'yes' })).toMatchObject({ echo: false });
});

test.each([
  [
    { type: 'attach', session_id: id },
    { type: 'attach', session_id: id, after: null },
  ],
  [
    { type: 'attach', session_id: id, after: null },
    { type: 'attach', session_id: id, after: null },
  ],
  [
    { type: 'attach', session_id: id, after: -1 },
    { type: 'attach', session_id: id, after: -1 },
  ],
  [
    { type: 'detach', session_id: id.toUpperCase() },
    { type: 'detach', session_id: id },
  ],
  [
    { type: 'ack', session_id: id, revision: 0 },
    { type: 'ack', session_id: id, revision: 0 },
  ],
  [
    { type: 'ack', session_id: id, revision: 3, skipped: { reason: 'handler_failed' } },
    { type: 'ack', session_id: id, revision: 3, skipped: 'handler_failed' },
  ],
  [{ type: 'drain' }, { type: 'drain' }],
  [{ type: 'heartbeat', more: 1 }, { type: 'heartbeat' }],
])('%j is read', (frame, read) => {
  expect(parse(frame)).toEqual(read);
});

describe('a frame that cannot be understood is refused with the reason', () => {
  test.each([
    ['hello', 'a frame must be JSON'],
    ['[]', 'a frame must be a JSON object'],
    ['null', 'a frame must be a JSON object'],
    [{ type: 'shout' }, 'type must be'],
    [{ type: {} }, 'type must be'],
    [{ ...hello, capacity: 0 }, /^capacity must be a whole number from 1 to 10000$/],
    [{ ...hello, capacity: 10_001 }, /^capacity must be a whole number from 1 to 10000$/],
    [{ ...hello, capacity: 2.5 }, 'capacity must be'],
    [{ ...hello, capacity: '5' }, 'capacity must be'],
    [{ ...hello, attempt: null }, 'attempt must be'],
    [{ ...hello, attempt: 2 ** 53 - 1 }, /^attempt must be a whole number from 0 to 4503599627370496$/],
    [{ ...hello, instance: 'a b' }, 'instance must be 1 to 128 visible ASCII characters without spaces'],
    [{ ...hello, instance: undefined }, /^instance must be 1 to 128 visible ASCII characters/],
    [{ ...hello, pool: '' }, 'pool must be 1 to 64 letters'],
    [{ ...hello, resume: {} }, 'resume must be a list of at most 10000 sessions'],
    [{ ...hello, resume: Array(10_001).fill(0) }, /^resume must be a list of at most 10000 sessions$/],
    [{ ...hello, resume: [{ session_id: id }] }, /^resume\[0\]\.epoch must be a whole number from 1/],
    [{ ...hello, resume: [{ session_id: id, epoch: 1 }, null] }, 'resume[1] must be an object'],
    [{ type: 'attach', session_id: 'x' }, /^session_id must be a UUID$/],
    [{ type: 'attach', session_id: id, after: -2 }, 'after must be'],
    [{ type: 'ack', session_id: id, revision: -1 }, 'revision must be'],
    [{ type: 'ack', session_id: id, revision: 1.5 }, 'revision must be'],
    [{ type: 'ack', session_id: id, revision: 1, skipped: {} }, /^skipped\.reason must be 1 to 64 small/],
    [{ type: 'ack', session_id: id, revision: 1, skipped: { reason: 'a b' } }, 'skipped.reason must be'],
    [{ type: 'ack', session_id: id, revision: 1, skipped: true }, /^skipped must be an object$/],
  ])('%j', (frame, reason) => {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    expect(() => parseFrame(text)).toThrow(InvalidFrameError);
    expect(() => parseFrame(text)).toThrow(reason);
  });
});

test('a refusal names every member at fault', () => {
  expect(() => parse({ ...hello, pool: 'a b', capacity: 0 })).toThrow(
    /^pool must be .*; capacity must be a whole number/,
  );
  const resume = [{ epoch: 0 }];
  expect(() => parse({ ...hello, resume })).toThrow(
    /^resume\[0\]\.session_id must be a UUID; resume\[0\]\.epoch must be/,
  );
});
