import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { readEvents, sessionStream } from './streams.ts';
import { subscribeToSessions } from './subscription.ts';
import { patientStore } from './test-support.ts';
import { goals } from './testing/events.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

async function nothingHeld(but = 0): Promise<void> {
  await waitUntil(() => store.counts.held === but, { what: 'all calls to end' });
}

test('finished reads leave no call behind', async () => {
  const stream = `spec-${randomUUID()}`;
  await store.append(stream, goals(3), -1);
  await Promise.all(Array.from({ length: 500 }, () => store.readLast(stream)));
  await Promise.all(Array.from({ length: 500 }, () => store.head()));
  for (let index = 0; index < 50; index += 1) {
    for await (const event of store.read(stream)) if (event.revision === 1n) break;
  }
  // The call for appends stays open.
  await nothingHeld(1);
  expect(store.counts.calls).toBe(0);
});

test('150 subscriptions and 150 reads that nobody consumes leave room for commands', async () => {
  const id = randomUUID();
  const after = await store.head();
  await store.append(sessionStream(id), goals(30), -1);
  const stop = new AbortController();
  let delivered = 0;
  const subscriptions = Array.from({ length: 150 }, async () => {
    const options = { prefixes: [sessionStream(id)], after, signal: stop.signal } as const;
    for await (const delivery of subscribeToSessions(store, options))
      if (delivery.kind === 'event' && delivery.event.revision === 30) delivered += 1;
  });
  const reads = Array.from({ length: 150 }, () => readEvents(store, id));
  const firsts = await Promise.all(reads.map((read) => read.next()));
  expect(firsts.map(({ value }) => value?.revision)).toEqual(firsts.map(() => 0));
  const appends = Array.from({ length: 150 }, () => store.append(`spec-${randomUUID()}`, goals(1), -1));
  expect((await Promise.all(appends)).filter(({ appended }) => appended)).toHaveLength(150);
  await store.append(sessionStream(id), goals(1), 29);
  await waitUntil(() => delivered === 150, { what: 'the event on each subscription' });
  stop.abort();
  await Promise.all([...subscriptions, ...reads.map((read) => read.return(undefined))]);
  await nothingHeld(1);
});
