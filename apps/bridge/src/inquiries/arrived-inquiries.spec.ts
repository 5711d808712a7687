import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RunnerHarness, sessionId } from './test-inquiries.ts';

/** A session arrives from another cell with an inquiry that is closed and one that is open. */
let harness: RunnerHarness;
let running: Promise<void>;

const advance = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  running = harness.runner.run(harness.stop.signal);
  harness.copied(sessionId, () => {
    harness.open();
    harness.close();
    harness.open({ inMs: 60_000, inquiry_id: 'i2' });
  });
});
afterEach(async () => {
  harness.stop.abort();
  await advance(10_000);
  await running;
  jest.useRealTimers();
});

test('the checkpoint is before the arrival while an inquiry is open', async () => {
  harness.unprojectable();
  harness.arrive();
  harness.unprojectable();
  await advance(12_000);
  expect(harness.saved).toEqual([4n]);
});

test('the checkpoint follows the events when the inquiry is closed', async () => {
  harness.unprojectable();
  harness.arrive();
  harness.close('settled', [], { inquiry_id: 'i2' });
  await advance(12_000);
  expect(harness.saved).toEqual([6n]);
});

test('an inquiry that opened after the arrival does not hide an older one', async () => {
  harness.copied(sessionId, () => {
    harness.open({ inMs: 60_000 });
    harness.open({ inMs: 60_000, inquiry_id: 'i2' });
  });
  harness.arrive();
  harness.unprojectable();
  harness.open({ inMs: 60_000, inquiry_id: 'i3' });
  harness.open({ inMs: 60_000, inquiry_id: 'i2' });
  harness.close();
  await advance(12_000);
  expect(harness.saved).toEqual([7n]);
});

test('the open inquiry closes at its deadline', async () => {
  harness.arrive();
  harness.caughtUp();
  await advance(61_000);
  expect(harness.commands.map(({ commands }) => commands[0])).toMatchObject([
    { type: 'CloseInquiry', inquiry_id: 'i2' },
  ]);
});
