/** Faults of the store fail only the calls that they concern: an unhandled error would end the process. */
import { randomUUID } from 'node:crypto';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { tcpProxy } from '../../platform/src/testing/tcp-proxy.ts';
import { StoreOverloadedError, StoreUnavailableError } from './errors.ts';
import { AppendBudget } from './client/append-budget.ts';
import { EventStore } from './store.ts';
import { goals } from './testing/events.ts';
import { StandIn } from './testing/stand-in.ts';

const url = process.env['EVENTSTORE_URL'] ?? '';
const patient = { answerMs: 30_000, totalMs: 30_000 };
const impatient = { answerMs: 500, totalMs: 500 };

let standIn: StandIn;
const stores: EventStore[] = [];
beforeEach(async () => {
  standIn = await StandIn.before(url);
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.dispose()));
  standIn.close();
});

function newStore(limits: typeof patient, budget?: AppendBudget): EventStore {
  const store = new EventStore(standIn.url, undefined, limits, budget);
  stores.push(store);
  return store;
}

const newStream = (): string => `spec-${randomUUID()}`;
const large = (): ReturnType<typeof goals> => goals(1, 'x'.repeat(100_000));
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test('appends in flight on a call that the server breaks are retried, whatever their size', async () => {
  let broken = false;
  standIn.behaviour.append = ({ forward }) => {
    if (broken) return forward();
    broken = true;
    return standIn.breakCalls();
  };
  const store = newStore(patient);
  const appends = Array.from({ length: 50 }, () => store.append(newStream(), large(), -1));
  expect((await Promise.all(appends)).filter(({ appended }) => appended)).toHaveLength(50);
});

test('disposing the store fails appends in flight, and later writes are not sent', async () => {
  standIn.behaviour.append = () => undefined;
  const store = newStore(patient);
  const appends = Array.from({ length: 50 }, () => errorOf(store.append(newStream(), large(), -1)));
  await waitUntil(() => store.counts.calls === 50);
  await store.dispose();
  const later = errorOf(store.append(newStream(), large(), -1));
  expect(await Promise.all([...appends, later])).toEqual(Array(51).fill(expect.any(StoreUnavailableError)));
});

test('answers without an append or without content are ignored', async () => {
  standIn.behaviour.append = ({ answer, forward }) => {
    answer(new messages.BatchAppendResp());
    forward();
  };
  expect(await newStore(patient).append(newStream(), goals(1), -1)).toEqual({
    appended: true,
    revision: 0,
  });
});

test('appends beyond the limit of bytes in flight are refused', async () => {
  standIn.behaviour.append = () => undefined;
  const store = newStore(impatient, new AppendBudget({ bytes: 250_000 }));
  const outcomes = Array.from({ length: 3 }, () => errorOf(store.append(newStream(), large(), -1)));
  expect(await outcomes[2]).toBeInstanceOf(StoreOverloadedError);
  expect(store.appendBytes).toBeGreaterThan(200_000);
  expect(await Promise.all(outcomes.slice(0, 2))).toEqual(Array(2).fill(expect.any(StoreUnavailableError)));
  expect(store.appendBytes).toBe(0);
});

test('appends of a worker wait until they fit the limit', async () => {
  const inFlight: number[] = [];
  const store = newStore(patient, new AppendBudget({ bytes: 250_000, whenFull: 'wait' }));
  standIn.behaviour.append = ({ forward }) => {
    inFlight.push(store.counts.calls);
    forward();
  };
  const appends = Array.from({ length: 20 }, () => store.append(newStream(), large(), -1));
  expect((await Promise.all(appends)).filter(({ appended }) => appended)).toHaveLength(20);
  expect(Math.max(...inFlight)).toBe(2);
});

test('a stream is limited while another connection of the process breaks', async () => {
  const proxies = [await tcpProxy(url), await tcpProxy(url)] as const;
  const [broken, slow] = proxies.map((proxy) => new EventStore(proxy.url, undefined, patient));
  if (!broken || !slow) throw new Error('There are two.');
  stores.push(broken, slow);
  await Promise.all([broken.limitStream(newStream(), 1), slow.limitStream(newStream(), 1)]);
  proxies[1].delay(Infinity);
  const limited = slow.limitStream(newStream(), 1);
  await proxies[0].cut();
  await waitUntil(() => broken.counts.held === 0, { what: 'the end of its calls' });
  proxies[1].delay(0);
  await expect(limited).resolves.toBeUndefined();
  await proxies[1].cut();
});
