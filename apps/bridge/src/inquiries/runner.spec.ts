import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CommandRejectedError, StoreUnavailableError, UnprojectableEventError } from '#sessions';
import { inquiryId, RunnerHarness, sessionId } from './test-inquiries.ts';

let harness: RunnerHarness;
let running: Promise<void>;

const advance = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

function start(more = new RunnerHarness()): void {
  harness = more;
  running = harness.runner.run(harness.stop.signal);
}

beforeEach(() => {
  jest.useFakeTimers();
  start();
});
afterEach(async () => {
  harness.stop.abort();
  await advance(10_000);
  await running;
  jest.useRealTimers();
});

describe('a request', () => {
  test('is sent when its inquiry opens', async () => {
    harness.caughtUp();
    harness.open();
    await advance();
    expect(harness.sent.map(({ message }) => message.topic)).toEqual(['inquiry.requests.orders']);
  });

  test('expires at the deadline of its inquiry', async () => {
    harness.caughtUp();
    harness.open({ inMs: 2_000 });
    const deadline = Date.now() + 2_000;
    await advance();
    expect(harness.sent[0]?.until).toBe(deadline);
  });

  test('of a session of another instance is not sent', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open();
    await advance();
    expect(harness.sent).toEqual([]);
  });

  test('without a reply is sent again by the instance that takes the partition over', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open();
    await advance();
    harness.takeOver([`session-${sessionId.charAt(0)}`]);
    expect(harness.sent).toHaveLength(1);
  });

  test('of another partition is not sent at a takeover', async () => {
    harness.owns = false;
    harness.caughtUp();
    harness.open();
    await advance();
    harness.takeOver(['session-f']);
    expect(harness.sent).toEqual([]);
  });

  test('with a reply is not sent at a takeover', async () => {
    harness.caughtUp();
    harness.open();
    harness.event({
      type: 'InquiryAnswered',
      data: { inquiry_id: inquiryId, source: 'orders', requests: [] },
    });
    await advance();
    harness.takeOver([`session-${sessionId.charAt(0)}`]);
    expect(harness.sent).toHaveLength(1);
  });

  test('without a reply is sent by an instance that starts', async () => {
    harness.open();
    await advance();
    expect(harness.sent).toEqual([]);
    harness.caughtUp();
    await advance();
    expect(harness.sent).toHaveLength(1);
  });

  test('that is repeated is sent at the time of the retry', async () => {
    harness.caughtUp();
    harness.open({ inMs: 10_000 });
    failSource(new Date(Date.now() + 500).toISOString());
    await advance(499);
    expect(harness.sent).toHaveLength(1);
    await advance(1);
    expect(harness.sent).toHaveLength(2);
  });

  test('that is repeated is not sent when the inquiry closes before', async () => {
    harness.caughtUp();
    harness.open({ inMs: 10_000 });
    failSource(new Date(Date.now() + 500).toISOString());
    harness.close();
    await advance(1_000);
    expect(harness.sent).toHaveLength(1);
  });
});

function failSource(retryAt: string): void {
  const request = { source: 'orders', attempt: 2, request: { order_id: 'ORD1' } };
  const retry = { at: retryAt, request };
  harness.event({
    type: 'InquiryFailed',
    data: { inquiry_id: inquiryId, source: 'orders', attempt: 1, reply_id: 'r', retry },
  });
}

test('the deadline names the sources whose request Kafka has', async () => {
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  await advance();
  harness.sent[0]?.onSent();
  await advance(3_000);
  expect(harness.commands[0]?.commands).toMatchObject([{ type: 'CloseInquiry', sent: ['orders'] }]);
});

test('the inquiry continues at once without a source whose topic is missing', async () => {
  harness.caughtUp();
  harness.open();
  await advance();
  harness.sent[0]?.onRefused('topic_missing');
  await advance();
  expect(harness.commands[0]?.commands).toMatchObject([
    { type: 'FailInquirySource', source: 'orders', reason: 'topic_missing', retryable: false },
  ]);
});

test('the age of the oldest open inquiry is shown', async () => {
  const shown = (): Promise<string> =>
    harness.metrics.registry.getSingleMetricAsString('inquiries_oldest_open_seconds');
  harness.caughtUp();
  expect(await shown()).toContain('{app="bridge"} 0');
  harness.open({ inMs: 60_000 });
  await advance(7_000);
  harness.open({ inMs: 60_000, inquiry_id: 'i2' });
  await advance(1_000);
  expect(await shown()).toContain('{app="bridge"} 8');
});

describe('an inquiry', () => {
  beforeEach(() => {
    harness.caughtUp();
    harness.open({ inMs: 2_000 });
  });

  test('does not close before its deadline', async () => {
    await advance(2_000);
    expect(harness.commandTypes).toEqual([]);
  });

  test('closes at its deadline', async () => {
    await advance(2_001);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('closes once', async () => {
    await advance(60_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('that has closed does not close again', async () => {
    harness.close();
    await advance(60_000);
    expect(harness.commandTypes).toEqual([]);
  });

  test('that the session refuses to close is left alone', async () => {
    harness.commandErrors = [new CommandRejectedError({ code: 'session_over', reason: 'Over.' }, 0, 1)];
    await advance(60_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('closes after some attempts when the store was unavailable', async () => {
    harness.commandErrors = [new StoreUnavailableError(), new StoreUnavailableError()];
    await advance(60_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry', 'CloseInquiry', 'CloseInquiry']);
  });

  test('of a session that cannot be folded is left to newer code', async () => {
    const event = { stream: `session-${sessionId}`, revision: 3, event_id: 'e', type: 'TurnRecorded' };
    harness.commandErrors = [new UnprojectableEventError({ ...event, reason: 'newer_schema_version' })];
    await advance(60_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('does not close before its deadline by a clock that was set back', async () => {
    await advance(1_000);
    jest.setSystemTime(Date.now() - 5_000);
    await advance(2_000);
    expect(harness.commandTypes).toEqual([]);
    await advance(5_000);
    expect(harness.commandTypes).toEqual(['CloseInquiry']);
  });

  test('is counted when it closes', async () => {
    harness.close();
    await advance();
    const text = await harness.metrics.registry.getSingleMetricAsString('inquiries_closed_total');
    expect(text).toContain('outcome="complete"');
    expect(harness.runner.open).toBe(0);
  });
});

test('the inquiry of another instance closes a moment after its deadline', async () => {
  harness.owns = false;
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  await advance(2_119);
  expect(harness.commandTypes).toEqual([]);
  await advance(1);
  expect(harness.commandTypes).toEqual(['CloseInquiry']);
});

test('an inquiry whose deadline passed while no instance ran closes at the start', async () => {
  harness.open({ inMs: -1_000 });
  harness.caughtUp();
  await advance();
  expect(harness.commandTypes).toEqual(['CloseInquiry']);
});

describe('the checkpoint', () => {
  test('is some seconds old, so that a starting instance learns which sources fail', async () => {
    harness.unprojectable();
    await advance(5_000);
    harness.unprojectable();
    await advance(9_000);
    expect(harness.saved).toEqual([1n]);
    await advance(5_000);
    expect(harness.saved).toEqual([1n, 2n]);
  });

  test('is before the oldest open inquiry', async () => {
    harness.unprojectable();
    harness.open();
    harness.unprojectable();
    await advance(11_000);
    expect(harness.saved).toEqual([1n]);
  });

  test('follows the events when no inquiry is open', async () => {
    harness.open();
    harness.close();
    await advance(11_000);
    expect(harness.saved).toEqual([2n]);
  });

  test('is saved once as long as it does not change', async () => {
    harness.unprojectable();
    await advance(30_000);
    expect(harness.saved).toEqual([1n]);
  });

  test('that cannot be saved is saved later', async () => {
    harness.saveErrors = [new Error('unavailable')];
    harness.unprojectable();
    await advance(11_000);
    expect(harness.saved).toEqual([]);
    await advance(11_000);
    expect(harness.saved).toEqual([1n]);
  });

  test('is where the subscription begins', async () => {
    const more = new RunnerHarness();
    more.checkpoint = 41n;
    start(more);
    await advance();
    expect(harness.after).toBe(41n);
  });

  test('that cannot be loaded is loaded later', async () => {
    const more = new RunnerHarness();
    more.loadErrors = [new Error('unavailable'), new Error('unavailable')];
    start(more);
    await advance();
    expect(harness.after).toBeUndefined();
    await advance(1_000);
    expect(harness.after).toBe('start');
  });
});

test('nothing closes after the signal', async () => {
  harness.caughtUp();
  harness.open({ inMs: 2_000 });
  await advance();
  harness.stop.abort();
  await advance(60_000);
  await running;
  expect(harness.commandTypes).toEqual([]);
});
