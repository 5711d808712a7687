import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { recorded, upToDate } from '../delivery/test-updates.ts';
import type { Attachment } from '../delivery/attachment.ts';
import type { Socket } from './connection.ts';
import { closeCodes, Connection } from './connection.ts';

/** A socket that records its calls. */
class TestSocket implements Socket {
  readonly OPEN = 1;
  readyState: Socket['readyState'] = 1;
  bufferedAmount = 0;
  readonly sent: { readonly type: string }[] = [];
  pings = 0;
  closed: number | undefined;
  private written: (() => void) | undefined;

  send(data: unknown, written?: unknown): void {
    this.sent.push(JSON.parse(String(data)) as { type: string });
    if (typeof written === 'function') this.written = written as () => void;
  }

  ping(): void {
    this.pings += 1;
  }

  close(code?: number): void {
    this.closed ??= code;
    this.readyState = 2;
  }

  terminate(): void {
    this.readyState = 3;
  }

  /** The reader has read everything. */
  drain(): void {
    this.bufferedAmount = 0;
    this.written?.();
  }
}

let socket: TestSocket;
let connection: Connection;
let slowReaders: number;
let delivering: { attachment: Attachment; finish(more: boolean): Promise<void> }[];
const member = { instance: 'bot-1', pool: 'support', capacity: 5, conn: 'conn', attempt: 1 };

beforeEach(() => {
  socket = new TestSocket();
  slowReaders = 0;
  delivering = [];
  const deliver = (attachment: Attachment): Promise<boolean> => {
    const done = Promise.withResolvers<boolean>();
    const finish = async (more: boolean): Promise<void> => {
      done.resolve(more);
      await new Promise(setImmediate);
    };
    delivering.push({ attachment, finish });
    return done.promise;
  };
  connection = new Connection(socket, deliver, () => {
    slowReaders += 1;
  });
});

function attached(sessionId = 'session'): Attachment {
  const attachment = upToDate(connection, sessionId);
  attachment.open();
  return attachment;
}

describe('a reader', () => {
  test('is not pinged while everything is acknowledged', () => {
    attached();
    connection.checkReader();
    expect(socket.pings).toBe(0);
  });

  test('is pinged when an update is unacknowledged', () => {
    attached().receive(recorded(5));
    connection.checkReader();
    expect(socket.pings).toBe(1);
  });

  test('is pinged when bytes wait for it', () => {
    socket.bufferedAmount = 1;
    connection.checkReader();
    expect(socket.pings).toBe(1);
  });

  test('is disconnected when it leaves a ping unanswered for two checks', () => {
    attached().receive(recorded(5));
    connection.checkReader();
    connection.checkReader();
    expect(socket.closed).toBeUndefined();
    connection.checkReader();
    expect([socket.closed, slowReaders]).toEqual([closeCodes.notReading, 1]);
  });

  test('stays connected while it answers pings, however long it acknowledges nothing', () => {
    attached().receive(recorded(5));
    for (let check = 0; check < 9; check += 1) {
      connection.checkReader();
      connection.receivePong();
    }
    expect(socket.closed).toBeUndefined();
  });

  test('is disconnected when more than a mebibyte is buffered for it', () => {
    socket.bufferedAmount = 1_048_577;
    connection.send({ type: 'heartbeat' });
    expect([socket.closed, slowReaders, socket.sent.length]).toEqual([closeCodes.notReading, 1, 0]);
  });
});

describe('a session with something new', () => {
  test('is read at once', () => {
    const attachment = attached();
    attachment.readAgain();
    expect(delivering).toMatchObject([{ attachment }]);
  });

  test('is read again while there is more', async () => {
    attached().readAgain();
    await delivering[0]?.finish(true);
    await delivering[1]?.finish(false);
    expect(delivering).toHaveLength(2);
  });

  test('waits while four others are read', async () => {
    for (let n = 0; n < 5; n += 1) attached(`session-${n}`).readAgain();
    expect(delivering).toHaveLength(4);
    await delivering[0]?.finish(false);
    expect(delivering[4]?.attachment.sessionId).toBe('session-4');
  });

  test('waits until the reader has room', () => {
    socket.bufferedAmount = 128 * 1_024 - 1;
    connection.send({ type: 'heartbeat' });
    socket.bufferedAmount = 128 * 1_024;
    attached().readAgain();
    expect(delivering).toHaveLength(0);
    socket.drain();
    expect(delivering).toHaveLength(1);
  });
});

describe('the frames of an instance', () => {
  test('are processed one after the other', async () => {
    const steps: string[] = [];
    const gate = Promise.withResolvers<void>();
    connection.enqueue(async () => {
      await gate.promise;
      steps.push('first');
    });
    connection.enqueue(async () => void steps.push('second'));
    await new Promise(setImmediate);
    expect(steps).toEqual([]);
    gate.resolve();
    await new Promise(setImmediate);
    expect(steps).toEqual(['first', 'second']);
  });

  test('are refused when too many wait', () => {
    const never = new Promise<void>(() => undefined);
    for (let n = 0; n < 10_000; n += 1) expect(connection.enqueue(() => never)).toBe(true);
    expect(connection.enqueue(() => never)).toBe(false);
  });

  test('hold one hello', () => {
    expect([connection.acceptHello(), connection.acceptHello()]).toEqual([true, false]);
  });

  test('that cannot be understood end the connection', () => {
    connection.refuse('frames are text');
    expect(socket.sent).toEqual([{ type: 'error', code: 'bad_frame', detail: 'frames are text' }]);
    expect(socket.closed).toBe(closeCodes.badFrame);
  });
});

describe('a lease', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    connection.markAlive();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is renewed only after another frame', () => {
    connection.welcome(member, false);
    connection.markRenewed(performance.now());
    expect(connection.needsRenewal).toBe(false);
    jest.advanceTimersByTime(1);
    connection.markAlive();
    expect(connection.needsRenewal).toBe(true);
  });

  test('of an instance that the registry does not know is not renewed', () => {
    jest.advanceTimersByTime(1);
    connection.markAlive();
    expect(connection.needsRenewal).toBe(false);
  });

  test('lasts for its length after the last frame, in whole milliseconds', () => {
    expect(connection.leaseLeftMs(1_000, performance.now())).toBe(1_000);
    jest.advanceTimersByTime(999);
    expect(connection.leaseLeftMs(1_000, performance.now() + 0.5)).toBe(1);
    jest.advanceTimersByTime(1);
    expect(connection.leaseLeftMs(1_000, performance.now())).toBe(0);
  });

  test.each([-3_600_000, 3_600_000])('is renewed as before when the clock is set by %d ms', (byMs) => {
    connection.welcome(member, false);
    connection.markRenewed(performance.now());
    jest.setSystemTime(Date.now() + byMs);
    jest.advanceTimersByTime(1);
    connection.markAlive();
    expect(connection.needsRenewal).toBe(true);
    expect(connection.leaseLeftMs(1_000, performance.now())).toBe(1_000);
  });
});

describe('the count of the registry', () => {
  test('counts as a mismatch only after it differed three times in a row', () => {
    attached();
    expect([0, 0, 0].map((count) => connection.agreesWith(count))).toEqual([true, true, false]);
  });

  test('starts over once it agrees', () => {
    attached();
    expect([0, 0, 1, 0, 0].map((count) => connection.agreesWith(count))).toEqual(Array(5).fill(true));
  });
});

describe('an instance that drains', () => {
  test('is notified when its last session is gone', () => {
    const attachment = attached();
    connection.startDraining();
    connection.confirmDrained();
    expect(socket.sent).toEqual([]);
    attachment.close('replaced');
    expect(socket.sent.map(({ type }) => type)).toEqual(['detached', 'drained']);
  });
});

test('an attachment that was replaced by another of the same session does not detach that', () => {
  const [first, second] = [attached(), attached()];
  first.close();
  expect(connection.attachment('session')).toBe(second);
});
