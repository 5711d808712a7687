import { beforeEach, expect, test } from '@jest/globals';
import type { StoredEvent } from './client/page.ts';
import type { EventCodec } from './codec.ts';
import type { Delivery } from './delivery.ts';
import type { Received } from './inbox.ts';
import { Inbox } from './inbox.ts';

const most = { count: 100, bytes: 10_000 };
let full: boolean;
let inbox: Inbox;
beforeEach(() => {
  full = false;
  inbox = new Inbox({ prefetch: async () => undefined } as unknown as EventCodec, {
    most: () => most,
    onFull: () => (full = true),
    onRoom: () => (full = false),
  });
});

/** An event that another reader has decoded. */
function event(position: number, bytes: number): Received {
  const stored = { data: 'x'.repeat(bytes) } as unknown as StoredEvent;
  const delivery: Delivery = { kind: 'checkpoint', position: BigInt(position) };
  return { kind: 'stored', stored, position: BigInt(position), delivery };
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
