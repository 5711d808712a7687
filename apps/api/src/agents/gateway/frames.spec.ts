import { describe, expect, test } from '@jest/globals';
import { InvalidFrameError, parseFrame } from './frames.ts';

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const hello = { type: 'hello', instance: 'bot-1', pool: 'support', capacity: 5 };
const parse = (frame: unknown): unknown => parseFrame(JSON.stringify(frame));

describe('a frame', () => {
  test('is read with what may be left out', () => {
    expect(parse({ ...hello, attempt: 3 })).toEqual({ ...hello, echo: false, resume: [], attempt: 3 });
    const resume = [{ session_id: id.toUpperCase(), epoch: 2, after: 7 }];
    expect(parse({ ...hello, resume })).toMatchObject({ resume: [{ session_id: id, epoch: 2, after: 7 }] });
    expect(parse({ type: 'attach', session_id: id })).toEqual({
      type: 'attach',
      session_id: id,
      after: null,
    });
    expect(parse({ type: 'heartbeat', more: 1 })).toEqual({ type: 'heartbeat' });
  });

  test.each([
    ['hello', 'a frame must be JSON'],
    ['[]', 'a frame must be a JSON object'],
    ['null', 'a frame must be a JSON object'],
    [{ type: 'shout' }, 'type must be'],
    [{ type: {} }, 'type must be'],
    [{ ...hello, capacity: 0 }, 'capacity must be a whole number from 1 to 10000'],
    [{ ...hello, capacity: 10_001 }, 'capacity must be a whole number from 1 to 10000'],
    [{ ...hello, capacity: 2.5 }, 'capacity must be'],
    [{ ...hello, capacity: '5' }, 'capacity must be'],
    [{ ...hello, instance: 'a b' }, 'instance must be 1 to 128 visible ASCII characters without spaces'],
    [{ ...hello, pool: '' }, 'pool must be 1 to 64 letters'],
    [{ ...hello, pool: 'a b', capacity: 0 }, /^pool must be .*; capacity must be a whole number/],
    [{ ...hello, resume: [{ session_id: id }] }, 'epoch must be'],
    [{ ...hello, resume: [null] }, 'session_id must be a UUID'],
    [{ type: 'attach', session_id: 'x' }, 'session_id must be a UUID'],
    [{ type: 'ack', session_id: id, revision: -1 }, 'revision must be'],
    [{ type: 'ack', session_id: id, revision: 1.5 }, 'revision must be'],
  ])('%j is refused with the reason', (frame, reason) => {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    expect(() => parseFrame(text)).toThrow(InvalidFrameError);
    expect(() => parseFrame(text)).toThrow(reason);
  });
});
