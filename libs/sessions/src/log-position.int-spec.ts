import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { PositionBeyondEndError } from './errors.ts';
import { partnerChanges } from './partner-changes.ts';
import { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';
import { checkpoint } from './testing/answers.ts';
import { goals } from './testing/events.ts';
import { StandIn } from './testing/stand-in.ts';

const plain = new EventStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => plain.dispose());

let standIn: StandIn;
let store: EventStore;
let id: string;
let stop: AbortController;
beforeEach(async () => {
  standIn = await StandIn.before(plain.url);
  store = new EventStore(standIn.url);
  stop = new AbortController();
  id = randomUUID();
  await plain.append(sessionStream(id), goals(2), -1);
});
afterEach(async () => {
  stop.abort();
  await store.dispose();
  standIn.close();
});

function subscribe(after: bigint | 'start'): ReturnType<typeof subscribeToSessions> {
  return subscribeToSessions(store, { prefixes: [sessionStream(id)], after, signal: stop.signal });
}

test('the checkpoint of an empty log is none', async () => {
  standIn.behaviour.read = (read) => {
    read.call.write(checkpoint(2n ** 64n - 1n));
    read.forward();
  };
  const seen: Delivery[] = [];
  for await (const delivery of subscribe('start')) {
    seen.push(delivery);
    if (delivery.kind === 'event' && delivery.event.revision === 1) break;
  }
  const positions = seen.flatMap((delivery) => ('position' in delivery ? [delivery.position] : []));
  expect(positions.filter((position) => position > 2n ** 63n)).toEqual([]);
});

test.each([
  ['of an empty log', 2n ** 64n - 1n, 2n ** 64n - 1n],
  ['whose event is yet to come', 12n, 11n],
])('changes of partners do not continue after a checkpoint %s', async (_, commit, prepare) => {
  standIn.behaviour.read = ({ call }) => {
    call.write(checkpoint(10n));
    call.write(checkpoint(commit, prepare));
    call.end();
  };
  const changes = partnerChanges(store, { after: null, signal: stop.signal });
  expect((await changes.next()).value).toEqual({ partner_id: null, position: 10n });
  await changes.return(undefined);
});

test('changes of partners that saw nothing have no position', async () => {
  const started: unknown[] = [];
  standIn.behaviour.read = ({ call, request }) => {
    started.push(request.getOptions()?.getAll()?.hasStart());
    if (started.length === 2) call.write(checkpoint(10n));
    call.end();
  };
  const changes = partnerChanges(store, { after: null, signal: stop.signal });
  expect((await changes.next()).value).toEqual({ partner_id: null, position: 10n });
  expect(started).toEqual([true, true]);
  await changes.return(undefined);
});

// Other specs append to the same log meanwhile.
test.each([10n ** 12n, 2n ** 64n - 1n])(
  'a subscription that begins after the end, by %d, is an error',
  async (by) => {
    const position = (await plain.head()) + by;
    await expect(subscribe(position).next()).rejects.toBeInstanceOf(PositionBeyondEndError);
  },
);

test('the position of the last event is not beyond the end', async () => {
  const deliveries = subscribe(await plain.head());
  await expect(deliveries.next()).resolves.toMatchObject({ done: false });
  await deliveries.return(undefined);
});

test('the position before a time is that of the last event stored before it', async () => {
  const head = await plain.head();
  expect(await plain.positionBefore(new Date(Date.now() + 60_000))).toBeGreaterThanOrEqual(head);
  expect(await plain.positionBefore(new Date(0))).toBe(0n);
});

test('a subscription that comes back to a log which ends before its position is an error', async () => {
  const deliveries = subscribe('start');
  let subscription: { emit(event: 'error', error: Error): void } | undefined;
  standIn.behaviour.read = (read) => {
    const filtered = read.request.getOptions()?.hasFilter() === true;
    if (filtered) subscription = read.call;
    read.forward(filtered ? undefined : () => false);
  };
  for (let events = 0; events < 2;) if ((await deliveries.next()).value?.kind === 'event') events += 1;
  subscription?.emit('error', Object.assign(new Error('restored'), { code: 14 }));
  const rest = (async () => {
    for await (const delivery of deliveries) expect(delivery.kind).not.toBe('event');
  })();
  await expect(rest).rejects.toMatchObject({ code: 'position_beyond_end', head: 0n });
});
