import { beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent, SessionEvent } from '#domain';
import { occurredAt, recorded, TestOutlet, upToDate } from './test-updates.ts';
import { Attachment } from './attachment.ts';

let outlet: TestOutlet;
let attachment: Attachment;
beforeEach(() => {
  outlet = new TestOutlet();
  attachment = upToDate(outlet);
});

const attachedTo = (instance: string, epoch: number): SessionEvent => ({
  type: 'AgentAttached',
  data: { instance, epoch, pool: 'support', node: 'node', after: null, reason: 'requested' },
});
const detachedAt = (epoch: number): SessionEvent => ({
  type: 'AgentDetached',
  data: { instance: 'bot-1', epoch, reason: 'drained', pool: null },
});
const own = { actor: { role: 'agent', id: 'bot-1' } } as const;
const fillWindow = (): void => {
  for (let revision = 5; revision < 69; revision += 1) attachment.receive(recorded(revision));
};

const read = (complete: boolean, ...events: RecordedEvent[]): void => {
  const reading = attachment.startReading() ?? { from: 0, target: 0 };
  for (const event of events) attachment.receive(event);
  attachment.finishReading(reading, complete);
};

describe('an event', () => {
  test('of another is sent', () => {
    expect(attachment.receive(recorded(5))).toBe('sent');
    expect(outlet.frames).toMatchObject([
      { type: 'update', session_id: 'session', epoch: 1, revision: 5, event: { type: 'FlagRaised' } },
    ]);
  });

  test('is sent with the correlation id and trace context of its request', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    attachment.receive(recorded(5, undefined, { $correlationId: 'c-1', traceparent }));
    expect(outlet.frames).toMatchObject([{ event: { correlation_id: 'c-1', traceparent } }]);
  });

  test('that was received before is skipped', () => {
    attachment.receive(recorded(5));
    expect(attachment.receive(recorded(5))).toBe('skipped');
    expect(outlet.updates).toEqual([5]);
  });

  test('of the owner is skipped', () => {
    expect(attachment.receive(recorded(5, undefined, own))).toBe('skipped');
    expect(attachment.position).toBe(5);
  });

  test('of the owner is sent when its hello asks for its own events', () => {
    outlet.includeOwnEvents = true;
    expect(attachment.receive(recorded(5, undefined, own))).toBe('sent');
  });

  test('that attaches a later epoch ends the ownership', () => {
    const event = recorded(5, attachedTo('bot-2', 2));
    expect(attachment.receive(event)).toEqual({ lostBy: event });
  });

  test('that detaches this epoch ends the ownership', () => {
    const event = recorded(5, detachedAt(1));
    expect(attachment.receive(event)).toEqual({ lostBy: event });
  });

  test('that detaches another epoch is skipped', () => {
    expect(attachment.receive(recorded(5, detachedAt(2)))).toBe('skipped');
  });

  test('that the instance handled on an earlier connection is acknowledged, not sent', () => {
    attachment = new Attachment('session', outlet, 1, 4, 6);
    for (const revision of [5, 6, 7]) attachment.receive(recorded(revision));
    expect(outlet.updates).toEqual([7]);
    expect(attachment.nextAcks(10).map(({ revision }) => revision)).toEqual([5, 6]);
  });
});

describe('a notification', () => {
  test('of events that concern the owner has the stream read', () => {
    attachment.onNotification({ first: 5, last: 6, quiet: false });
    expect(outlet.scheduled).toEqual([attachment]);
  });

  test('of events that do not concern the owner skips them unread', () => {
    attachment.onNotification({ first: 5, last: 6, quiet: true });
    expect([outlet.scheduled.length, attachment.position]).toEqual([0, 6]);
  });

  test('of events that do not concern the owner has the stream read when events before them are unread', () => {
    attachment.onNotification({ first: 6, last: 6, quiet: true });
    expect([outlet.scheduled.length, attachment.position]).toEqual([1, 4]);
  });

  test('of events that were read changes nothing', () => {
    attachment.onNotification({ first: 4, last: 4, quiet: false });
    expect(outlet.scheduled).toEqual([]);
  });

  test('after the end changes nothing', () => {
    attachment.close();
    attachment.onNotification({ first: 5, last: 5, quiet: false });
    expect(outlet.scheduled).toEqual([]);
  });
});

describe('a reading', () => {
  test('begins after the last event read', () => {
    expect(attachment.startReading()).toMatchObject({ from: 5 });
  });

  test('is followed by another when the stream grew meanwhile', () => {
    const reading = attachment.startReading() ?? { from: 0, target: 0 };
    attachment.onNotification({ first: 5, last: 5, quiet: false });
    expect(attachment.finishReading(reading, true)).toBe(true);
  });

  test('is followed by another when it did not reach the end', () => {
    const reading = attachment.startReading() ?? { from: 0, target: 0 };
    expect(attachment.finishReading(reading, false)).toBe(true);
  });

  test('that finds less than was announced is not repeated endlessly', () => {
    attachment.onNotification({ first: 5, last: 9, quiet: false });
    const reading = attachment.startReading() ?? { from: 0, target: 0 };
    attachment.receive(recorded(5));
    expect(attachment.finishReading(reading, true)).toBe(false);
  });

  test('does not begin while 64 updates are unacknowledged', () => {
    fillWindow();
    expect(attachment.hasRoom).toBe(false);
    expect(attachment.startReading()).toBeUndefined();
  });

  test('does not begin after the end', () => {
    attachment.close();
    expect(attachment.startReading()).toBeUndefined();
  });
});

describe('appended events', () => {
  test('follow when everything before them was received', () => {
    expect(attachment.follows([recorded(5)])).toBe(true);
  });

  test('do not follow when events before them are unread', () => {
    expect(attachment.follows([recorded(6)])).toBe(false);
  });

  test('do not follow while the stream is read', () => {
    attachment.startReading();
    expect(attachment.follows([recorded(5)])).toBe(false);
  });

  test('do not follow while the connection has no room', () => {
    outlet.hasRoom = false;
    expect(attachment.follows([recorded(5)])).toBe(false);
  });
});

test('a session that moves is sent as the last update, and owned no more', () => {
  const moved: SessionEvent = { type: 'SessionMoved', data: { move_id: 'm', from: 'a', to: 'b' } };
  const event = recorded(5, moved);
  expect(attachment.receive(event)).toEqual({ lostBy: event });
  expect(outlet.frames.at(-1)).toMatchObject({ type: 'update', revision: 5 });
});

describe('a session that is over', () => {
  const ended: SessionEvent = { type: 'SessionEnded', data: { reason: null } };

  test('is not finished while its last update is unacknowledged', () => {
    attachment.receive(recorded(5, ended));
    expect(attachment.isFinished).toBe(false);
  });

  test('is finished once everything is acknowledged in the stream', () => {
    attachment.receive(recorded(5, ended));
    attachment.acknowledge(5);
    attachment.acksWritten(5, 6);
    expect(attachment.isFinished).toBe(true);
  });

  describe('when it is attached', () => {
    beforeEach(() => {
      attachment = new Attachment('session', outlet, 1, 4, 4, 5);
    });

    test('is finished once its stream is read, although the end comes before', () => {
      expect(attachment.isFinished).toBe(false);
      read(true, recorded(5, undefined, own));
      expect(attachment.isFinished).toBe(true);
    });

    test('is not finished during a read, since more may follow', () => {
      attachment.startReading();
      attachment.receive(recorded(5, undefined, own));
      expect(attachment.isFinished).toBe(false);
    });

    test('is not finished while a read lags behind', () => {
      read(true);
      expect(attachment.isFinished).toBe(false);
      attachment.onNotification({ first: 5, last: 5, quiet: true });
      expect(outlet.scheduled).toEqual([attachment]);
    });

    test('is not finished while an update is unacknowledged, or there is more to read', () => {
      read(true, recorded(5));
      expect(attachment.isFinished).toBe(false);
      attachment.acknowledge(5);
      attachment.acksWritten(5, 6);
      read(false);
      expect(attachment.isFinished).toBe(false);
    });
  });
});

describe('a handoff', () => {
  test('is due when the oldest unacknowledged update is old enough', () => {
    attachment.receive(recorded(5));
    expect(attachment.needsHandoff(occurredAt - 1)).toBe(false);
    expect(attachment.needsHandoff(occurredAt)).toBe(true);
  });

  test('is due once', () => {
    attachment.receive(recorded(5));
    attachment.markHandoffRequested();
    expect(attachment.needsHandoff(occurredAt)).toBe(false);
  });
});

describe('the end of an attachment', () => {
  test('sends the reason', () => {
    attachment.close('replaced', { holder: null });
    const detached = { type: 'detached', session_id: 'session', epoch: 1, reason: 'replaced', holder: null };
    expect(outlet.frames).toEqual([detached]);
  });

  test('is sent once', () => {
    attachment.close('replaced');
    attachment.close('session_over');
    expect(outlet.frames).toHaveLength(1);
  });

  test('without a reason sends nothing', () => {
    attachment.close();
    expect(outlet.frames).toEqual([]);
  });
});
