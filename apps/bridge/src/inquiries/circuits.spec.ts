import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { inquiryId, RunnerHarness } from './test-inquiries.ts';

let harness: RunnerHarness;
let running: Promise<void>;

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

function failSource(more: object): void {
  harness.event({
    type: 'InquiryFailed',
    data: { inquiry_id: inquiryId, source: 'orders', attempt: 1, reply_id: 'r', retry: null, ...more },
  });
}

/** Makes the source fail, retryably, often enough to open its circuit. */
function failThrice(): void {
  for (let count = 0; count < 3; count += 1) failSource({ retryable: true });
}

/** Whether a request that is due now would be sent. */
async function isAsked(): Promise<boolean> {
  harness.open();
  await advance();
  return harness.sent.length > 0;
}

describe('the circuit of a source', () => {
  test('stays closed when the source often says that it does not know the order', async () => {
    harness.caughtUp();
    for (let count = 0; count < 10; count += 1) failSource({ retryable: false });
    expect(await isAsked()).toBe(true);
  });

  test('is not opened by failures of others', async () => {
    harness.caughtUp();
    for (let count = 0; count < 10; count += 1) failSource({ retryable: false, reply_id: null });
    expect(await isAsked()).toBe(true);
  });

  test('opens when it is silent', async () => {
    harness.caughtUp();
    for (let count = 0; count < 3; count += 1) harness.close('deadline', ['orders'], { silent: ['orders'] });
    expect(await isAsked()).toBe(false);
  });

  test('stays closed when its requests were not sent', async () => {
    harness.caughtUp();
    for (let count = 0; count < 10; count += 1) harness.close('deadline', ['orders']);
    expect(await isAsked()).toBe(true);
  });

  test('is open in an instance that starts when it has just failed', async () => {
    jest.setSystemTime(Date.now() - 4_000);
    failThrice();
    jest.setSystemTime(Date.now() + 4_000);
    harness.caughtUp();
    expect(await isAsked()).toBe(false);
  });

  test('is closed in an instance that starts when it failed long ago', async () => {
    jest.setSystemTime(Date.now() - 14_000);
    failThrice();
    jest.setSystemTime(Date.now() + 14_000);
    harness.caughtUp();
    expect(await isAsked()).toBe(true);
  });

  test('stays open while requests that it refuses are given up', async () => {
    harness.caughtUp();
    failThrice();
    failSource({ retryable: false, reply_id: null, reason: 'circuit_open' });
    expect(await isAsked()).toBe(false);
  });

  test('closes when the source says that it does not know the order', async () => {
    harness.caughtUp();
    failThrice();
    failSource({ retryable: false });
    expect(await isAsked()).toBe(true);
  });

  test('closes with an answer, whichever instance received it', async () => {
    harness.caughtUp();
    failThrice();
    const asked = { inquiry_id: 'other', source: 'orders', attempt: 1, reply_id: 'r' };
    harness.event({ type: 'InquiryAnswered', data: { ...asked, data: {}, requests: [], skipped: [] } });
    expect(await isAsked()).toBe(true);
  });

  test('does not count a deadline before Kafka has the request', async () => {
    harness.caughtUp();
    harness.open({ inMs: 2_000 });
    await advance(3_000);
    expect(harness.commands[0]?.commands).toMatchObject([{ type: 'CloseInquiry', sent: [] }]);
  });

  test('that is open fails a request at once', async () => {
    harness.caughtUp();
    failThrice();
    harness.open();
    await advance();
    expect(harness.sent).toEqual([]);
    expect(harness.commands[0]?.commands[0]).toMatchObject({
      type: 'FailInquirySource',
      inquiry_id: inquiryId,
      source: 'orders',
      reason: 'circuit_open',
      retryable: false,
    });
  });
});
