import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { Deadlines } from './deadlines.ts';
import type { OpenInquiry } from './open-inquiries.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

function inquiryDueIn(ms: number): OpenInquiry {
  const deadline = new Date(Date.now() + ms).toISOString();
  const due: OpenInquiry['due'] = new Map();
  return {
    session_id: 's',
    inquiry_id: 'i',
    kind: 'order_status',
    key: 'k',
    deadline,
    before: undefined,
    due,
  };
}

function closing(closed: number[]): Deadlines {
  return new Deadlines({
    owns: () => true,
    isOpen: () => closed.length === 0,
    close: async () => {
      closed.push(Date.now());
      return true;
    },
  });
}

test('an inquiry whose clock was set back while it waited closes all the same, and not before its time', async () => {
  const closed: number[] = [];
  const deadlines = closing(closed);
  const inquiry = inquiryDueIn(30);
  deadlines.arm(inquiry);
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() - 100);
  while (closed.length === 0) await sleep(5);
  expect(closed[0]).toBeGreaterThanOrEqual(Date.parse(inquiry.deadline));
  await deadlines.stop();
});

test('what was disarmed does not close', async () => {
  const closed: number[] = [];
  const deadlines = closing(closed);
  deadlines.arm(inquiryDueIn(5));
  deadlines.disarm('i');
  await sleep(30);
  expect(closed).toEqual([]);
  await deadlines.stop();
});
