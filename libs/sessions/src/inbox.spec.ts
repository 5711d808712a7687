import { beforeEach, expect, jest, test } from '@jest/globals';
import type { StoredEvent } from './client/page.ts';
import type { EventCodec } from './codec.ts';
import type { Delivery } from './delivery.ts';
import type { Received } from './inbox.ts';
import { Inbox } from './inbox.ts';

const most = { count: 100, bytes: 10_000 };
/** Has the keys of all streams but `session-waits`, until it `hasKey`. */
let hasKey: boolean;
let decoded: string[];
const codec = {
  prefetch: async () => undefined,
  canDecode: ({ streamId }: StoredEvent) => hasKey || streamId !== 'session-waits',
  decode: ({ id }: StoredEvent) => {
    if (id === 'broken') throw new Error('no event');
    decoded.push(id);
    return { event_id: id };
  },
};
let full: boolean;
let inbox: Inbox;
beforeEach(() => {
  full = false;
  hasKey = false;
  decoded = [];
  inbox = new Inbox(codec as unknown as EventCodec, {
    most: () => most,
    onFull: () => (full = true),
    onRoom: () => (full = false),
  });
});

/** An event that another reader has decoded. */
function event(position: number, bytes: number): Received {
  const stored = { data: 'x'.repeat(bytes) } as unknown as StoredEvent;
  const delivery: Delivery = { kind: 'checkpoint', position: BigInt(position) };
  return { kind: 'stored', stored, position: BigInt(position), delivery, decodedAt: performance.now() };
}

test.each([
  ['many small events', most.count, 1],
  ['few large events', 4, most.bytes / 4],
])('%s fill it, and it has room again once most of them are read', async (_, count, bytes) => {
  for (let position = 1; position < count; position += 1) inbox.receive(event(position, bytes));
  expect(full).toBe(false);
  inbox.receive(event(count, bytes));
  expect(full).toBe(true);
  const deliveries = inbox.deliveries();
  await deliveries.next();
  expect(full).toBe(true);
  for (let position = 2; position <= count; position += 1) await deliveries.next();
  expect(full).toBe(false);
});

function stored(id: string, streamId: string): Received {
  const event = { id, streamId, type: 'TurnRecorded', data: {} } as unknown as StoredEvent;
  return { kind: 'stored', stored: event, position: 1n };
}

test('events whose key is in memory are decoded as they arrive, the others in their place', async () => {
  const received = [stored('a', 'session-1'), stored('b', 'session-waits'), stored('c', 'session-1')];
  for (const one of received) inbox.receive(one);
  expect(decoded).toEqual(['a', 'c']);
  hasKey = true;
  const deliveries = inbox.deliveries();
  for (const event_id of ['a', 'b', 'c'])
    expect(await deliveries.next()).toMatchObject({ value: { kind: 'event', event: { event_id } } });
  expect(decoded).toEqual(['a', 'c', 'b']);
});

test('an event that its reader reads late is decoded again: its key may be destroyed', async () => {
  inbox.receive(stored('a', 'session-1'));
  const now = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(now + 2_000);
  try {
    await inbox.deliveries().next();
  } finally {
    jest.restoreAllMocks();
  }
  expect(decoded).toEqual(['a', 'a']);
});

test('events that wait in large numbers are decoded when they are read', async () => {
  for (let index = 0; index < 80; index += 1) inbox.receive(stored(String(index), 'session-1'));
  const early = decoded.length;
  expect(early).toBeLessThan(80);
  const deliveries = inbox.deliveries();
  for (let index = 0; index < 80; index += 1) await deliveries.next();
  expect(decoded).toHaveLength(80);
});

test('an event that fails to decode fails its reader, not the subscription', async () => {
  expect(() => inbox.receive(stored('broken', 'session-1'))).not.toThrow();
  await expect(inbox.deliveries().next()).rejects.toThrow('no event');
});
