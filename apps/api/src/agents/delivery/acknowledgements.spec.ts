import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Attachment } from './attachment.ts';
import { recorded, TestOutlet, upToDate } from './test-updates.ts';

let outlet: TestOutlet;
let attachment: Attachment;
beforeEach(() => {
  outlet = new TestOutlet();
  attachment = upToDate(outlet);
});

describe('an acknowledgement', () => {
  test('covers all updates up to its revision', () => {
    for (const revision of [5, 6, 7]) attachment.receive(recorded(revision));
    attachment.acknowledge(6);
    expect(attachment.nextAcks(10).map(({ revision }) => revision)).toEqual([5, 6]);
  });

  test('of an update that was not sent is ignored', () => {
    attachment.acknowledge(9);
    expect(attachment.hasAcks).toBe(false);
  });

  test('continues reading the stream when the window was full', () => {
    for (let revision = 5; revision < 69; revision += 1) attachment.receive(recorded(revision));
    attachment.acknowledge(5);
    expect(outlet.scheduled).toEqual([attachment]);
  });

  test('is confirmed once it is in the stream', () => {
    attachment.receive(recorded(5));
    attachment.acknowledge(5);
    attachment.acksWritten(5, 6);
    expect(outlet.frames.at(-1)).toEqual({
      type: 'acknowledged',
      session_id: 'session',
      up_to: 5,
      revision: 6,
    });
    expect(attachment.hasUnacknowledged).toBe(false);
  });

  test('that arrives while an earlier one is being written is written later', () => {
    for (const revision of [5, 6]) attachment.receive(recorded(revision));
    attachment.acknowledge(5);
    attachment.nextAcks(10);
    attachment.acknowledge(6);
    attachment.acksWritten(5, 7);
    expect(attachment.nextAcks(10).map(({ revision }) => revision)).toEqual([6]);
  });

  test('that the stream rejects has the stream read', () => {
    attachment.receive(recorded(5));
    attachment.acknowledge(5);
    attachment.acksRejected();
    expect([attachment.hasAcks, outlet.scheduled.length]).toEqual([false, 1]);
  });

  test('with a reason to skip records it for the last of its updates', () => {
    for (const revision of [5, 6, 7]) attachment.receive(recorded(revision));
    attachment.acknowledge(6, 'handler_timed_out');
    expect(attachment.nextAcks(10)).toEqual([
      { revision: 5, latency_ms: expect.any(Number) },
      { revision: 6, latency_ms: expect.any(Number), skipped: 'handler_timed_out' },
    ]);
  });

  test('of already acknowledged updates records nothing', () => {
    attachment.receive(recorded(5));
    attachment.acknowledge(5);
    expect(attachment.acknowledge(5, 'late')).toBe(false);
    expect(attachment.nextAcks(10)).toHaveLength(1);
  });
});
