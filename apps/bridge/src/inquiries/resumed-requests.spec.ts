import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { inquiryId, RunnerHarness, sessionId } from './test-inquiries.ts';

/** Requests without a reply when an instance starts, or takes a partition, while the circuit of their source is open. */
let harness: RunnerHarness;
let running: Promise<void>;

const partition = [`session-${sessionId.charAt(0)}`];
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

/** Delivers a failure of the source; `inquiry_id`: another inquiry that nobody has open. */
function failSource(retry: object | null = null, inquiry_id = 'other'): void {
  const data = { inquiry_id, source: 'orders', attempt: 1, reply_id: 'r', retryable: true, retry };
  harness.event({ type: 'InquiryFailed', data });
}

/** Opens the circuit of the source. */
function failThrice(): void {
  for (let count = 0; count < 3; count += 1) failSource();
}

/** Delivers that the source is asked again in a second. */
function retryLater(): void {
  const request = { source: 'orders', attempt: 2, request: { order_id: 'ORD1' } };
  failSource({ at: new Date(Date.now() + 1_000).toISOString(), request }, inquiryId);
}

describe('a request that may have been sent', () => {
  test('is left to its deadline by an instance that starts', async () => {
    harness.open({ inMs: 5_000 });
    failThrice();
    harness.caughtUp();
    await advance(4_000);
    expect([harness.sent, harness.commandTypes]).toEqual([[], []]);
    await advance(2_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('is left to its deadline by the instance that takes its partition', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open({ inMs: 5_000 });
    failThrice();
    await advance();
    harness.takeOver(partition);
    await advance(4_000);
    expect([harness.sent, harness.commandTypes]).toEqual([[], []]);
  });

  test('is left to its deadline by the instance that sent it and takes its partition again', async () => {
    harness.caughtUp();
    harness.open({ inMs: 5_000 });
    failThrice();
    await advance();
    harness.takeOver(partition);
    await advance(4_000);
    expect(harness.sent).toHaveLength(1);
    expect(harness.commandTypes).toEqual([]);
  });

  test('is sent as the trial that the circuit allows', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open({ inMs: 90_000 });
    harness.open({ inMs: 90_000, inquiry_id: 'i2' });
    failThrice();
    await advance(61_000);
    harness.takeOver(partition);
    await advance();
    expect(harness.sent).toHaveLength(1);
    expect(harness.commandTypes).toEqual([]);
  });
});

describe('a request that becomes due after a takeover', () => {
  test('is given up when the circuit is open', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open({ inMs: 5_000 });
    retryLater();
    failThrice();
    await advance();
    harness.takeOver(partition);
    await advance(999);
    expect(harness.commandTypes).toEqual([]);
    await advance(1);
    expect(harness.commands.map(({ commands }) => commands[0])).toMatchObject([
      { type: 'FailInquirySource', attempt: 2, reason: 'circuit_open' },
    ]);
  });

  test('is sent once by the instance that takes its partition again', async () => {
    harness.caughtUp();
    harness.open({ inMs: 5_000 });
    retryLater();
    await advance();
    harness.takeOver(partition);
    await advance(1_000);
    expect(harness.sent).toHaveLength(2);
  });
});
