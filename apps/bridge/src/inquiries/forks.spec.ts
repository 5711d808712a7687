import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { inquiryId, RunnerHarness } from './test-inquiries.ts';

/** An inquiry is open in a session and in its fork, which drops it. */
let harness: RunnerHarness;
let running: Promise<void>;

beforeEach(async () => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  running = harness.runner.run(harness.stop.signal);
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  const data = { inquiry_id: inquiryId, kind: 'order_status', outcome: 'cancelled', cause: 'cancelled' };
  harness.event({ type: 'InquiryClosed', data: { ...data, unanswered: [] } }, { forked_from: 's' });
  await jest.advanceTimersByTimeAsync(10);
});
afterEach(async () => {
  harness.stop.abort();
  await jest.advanceTimersByTimeAsync(10_000);
  await running;
  jest.useRealTimers();
});

test('a fork that drops an inquiry does not end it for its session', async () => {
  expect(harness.runner.open).toBe(1);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(harness.commandTypes).toEqual(['CloseInquiry']);
});
