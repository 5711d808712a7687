import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UnprojectableEventError } from '#sessions';
import { inquiryId, RunnerHarness, sessionId } from './test-inquiries.ts';

/** An inquiry is open in a session and in its fork, which drops it. */
let harness: RunnerHarness;
let running: Promise<void>;

const fork = '5e0c3f6b-6a52-4f0d-8a1c-2f7f9f1f7a22';
const ofFork = { forked_from: sessionId };
const advance = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers();
  harness = new RunnerHarness();
  running = harness.runner.run(harness.stop.signal);
});
afterEach(async () => {
  harness.stop.abort();
  await advance(10_000);
  await running;
  jest.useRealTimers();
});

function drop(more = {}): void {
  const data = { inquiry_id: inquiryId, kind: 'order_status', outcome: 'cancelled', cause: 'cancelled' };
  harness.event({ type: 'InquiryClosed', data: { ...data, unanswered: [] } }, more);
}

/** Delivers that the session has arrived from another cell with its inquiry, and then the fork that dropped it. */
function arriveBoth(): void {
  harness.copied(sessionId, () => harness.open({ inMs: 2_000 }));
  harness.copied(fork, () => drop(ofFork));
  harness.arrive();
  harness.session = fork;
  harness.arrive(ofFork);
  harness.session = sessionId;
}

test('a fork that drops an inquiry does not end it for its session', async () => {
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  harness.session = fork;
  drop(ofFork);
  await advance(10);
  expect(harness.runner.open).toBe(1);
  await advance(2_000);
  expect(harness.commandTypes).toEqual(['CloseInquiry']);
});

test('no other session ends an inquiry', async () => {
  harness.caughtUp();
  harness.open();
  harness.session = fork;
  drop();
  await advance();
  expect(harness.runner.open).toBe(1);
});

describe('of a session that has arrived before its fork', () => {
  test('the inquiry asks the next source', async () => {
    harness.caughtUp();
    arriveBoth();
    const requests = [{ source: 'logistics', attempt: 1, request: { awb: 'A1' } }];
    const data = { inquiry_id: inquiryId, source: 'orders', requests };
    harness.event({ type: 'InquiryAnswered', data });
    await advance();
    expect(harness.sent.map(({ source }) => source)).toEqual(['orders', 'logistics']);
  });

  test('the inquiry closes at its deadline when an instance starts', async () => {
    arriveBoth();
    harness.caughtUp();
    await advance(3_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });
});

test('a fork that arrives is not read', async () => {
  const event = { stream: `session-${fork}`, revision: 3, event_id: 'e', type: 'TurnRecorded' };
  harness.readErrors = [new UnprojectableEventError({ ...event, reason: 'newer_schema_version' })];
  harness.session = fork;
  harness.arrive(ofFork);
  await advance();
  expect(harness.readErrors).toHaveLength(1);
});
