import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RunnerHarness } from './test-inquiries.ts';

/** The checkpoint is beyond the end of the event store, which was restored to an earlier state. */
let harness: RunnerHarness;
let running: Promise<void>;

beforeEach(async () => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  harness.checkpoint = 41n;
  harness.head = 7n;
  running = harness.runner.run(harness.stop.signal);
  await jest.advanceTimersByTimeAsync(0);
});
afterEach(async () => {
  harness.stop.abort();
  await jest.advanceTimersByTimeAsync(10_000);
  await running;
  jest.useRealTimers();
});

test('the inquiries are read from the start', () => {
  expect(harness.after).toBe('start');
  expect(harness.checkpoint).toBeUndefined();
});

test('the restored store is counted', async () => {
  const text = await harness.metrics.registry.getSingleMetricAsString('bridge_positions_beyond_end_total');
  expect(text).toContain('reader="inquiries",app="bridge"} 1');
});

test('an inquiry that is open in the store closes at its deadline', async () => {
  harness.open({ inMs: 2_000 });
  harness.caughtUp();
  await jest.advanceTimersByTimeAsync(3_000);
  expect(harness.commandTypes).toEqual(['CloseInquiry']);
});
