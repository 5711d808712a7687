import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CommandRejectedError } from '#sessions';
import { RunnerHarness } from './test-inquiries.ts';

/** An inquiry is open when its session is deleted. */
let harness: RunnerHarness;
let running: Promise<void>;

beforeEach(async () => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  running = harness.runner.run(harness.stop.signal);
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  harness.unprojectable();
  harness.commandErrors = [new CommandRejectedError({ code: 'session_not_found', reason: 'None.' }, 0, -1)];
  await jest.advanceTimersByTimeAsync(15_000);
});
afterEach(async () => {
  harness.stop.abort();
  await jest.advanceTimersByTimeAsync(10_000);
  await running;
  jest.useRealTimers();
});

test('the inquiry is not open after its deadline', () => {
  expect(harness.runner.open).toBe(0);
});

test('the inquiry does not hold up the checkpoint', () => {
  expect(harness.saved.at(-1)).toBe(2n);
});
