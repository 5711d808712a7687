import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { StoreUnavailableError, UnprojectableEventError } from '#sessions';
import { RunnerHarness, sessionId } from './test-inquiries.ts';

/** A session that arrives from another cell cannot be read; another event follows. */
let harness: RunnerHarness;
let running: Promise<void>;

beforeEach(async () => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  const event = { stream: `session-${sessionId}`, revision: 3, event_id: 'e', type: 'TurnRecorded' };
  harness.readErrors = [
    new StoreUnavailableError(),
    new UnprojectableEventError({ ...event, reason: 'newer_schema_version' }),
  ];
  running = harness.runner.run(harness.stop.signal);
  harness.caughtUp();
  harness.arrive();
  harness.open();
  await jest.advanceTimersByTimeAsync(1_000);
});
afterEach(async () => {
  harness.stop.abort();
  await jest.advanceTimersByTimeAsync(10_000);
  await running;
  jest.useRealTimers();
});

test('the session is counted', async () => {
  const skipped = await harness.metrics.registry.getSingleMetricAsString('bridge_skipped_events_total');
  expect(skipped).toMatch(/reader="inquiries".* 1$/);
});

test('the inquiry of the next event is open', () => {
  expect(harness.runner.open).toBe(1);
});
