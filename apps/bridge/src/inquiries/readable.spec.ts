import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { InquiryEvent } from '#domain';
import { RunnerHarness } from './test-inquiries.ts';

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

describe('an event that cannot be read', () => {
  test('is counted', async () => {
    harness.unprojectable();
    await advance();
    const text = await harness.metrics.registry.getSingleMetricAsString('bridge_skipped_events_total');
    expect(text).toContain('reader="inquiries",app="bridge"} 1');
  });

  const opened = { kind: 'k', deadline: '2999-01-01T00:00:00.000Z', subject: {}, requests: [] };
  test.each<[InquiryEvent['type'], object | null]>([
    ['InquiryOpened', null],
    ['InquiryOpened', {}],
    ['InquiryOpened', { ...opened, deadline: 'soon' }],
    ['InquiryOpened', { ...opened, subject: null }],
    ['InquiryOpened', { ...opened, requests: [null] }],
    ['InquiryOpened', { ...opened, requests: [{ source: 'orders', attempt: 1 }] }],
    ['InquiryAnswered', { source: 'orders', requests: {} }],
    ['InquiryFailed', { source: 'orders' }],
    ['InquiryFailed', { source: 'orders', retry: { at: 'soon' } }],
    ['InquiryClosed', { silent: 7 }],
  ])('does not delay the next: %s %j', async (type, data) => {
    const log = jest.spyOn(harness.logger, 'error');
    harness.caughtUp();
    harness.event({ type, data: data && { inquiry_id: 'i2', ...data } });
    harness.open();
    await advance();
    expect(harness.sent).toHaveLength(1);
    expect(log.mock.calls.map(([fields]) => Object.keys(fields as object))).toEqual([
      ['session_id', 'type', 'revision'],
    ]);
  });
});
