import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANY, NO_STREAM, STREAM_EXISTS, type EventStoreDBClient } from '@eventstore/db-client';
import { collect, event, events, newStream, openTestStore, type TestStore } from './harness.ts';

describe('idempotency by event id', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const length = async (stream: string) => (await collect(client.readStream(stream))).length;
  const WRONG = { type: 'wrong-expected-version' };

  test.each([ANY, STREAM_EXISTS] as const)(
    '%s: all ids known answers with the original result',
    async (expectedRevision) => {
      const stream = newStream();
      const given = events(3);
      const original = await client.appendToStream(stream, given, { expectedRevision: ANY });
      await client.appendToStream(stream, events(2));
      const again = await client.appendToStream(stream, given, { expectedRevision });
      expect(again).toEqual(original);
      const firstOnly = await client.appendToStream(stream, given.slice(0, 1), { expectedRevision });
      expect(firstOnly.nextExpectedRevision).toBe(0n);
      expect(await length(stream)).toBe(5);
    },
  );

  test.each([ANY, STREAM_EXISTS] as const)('%s: a new first id appends', async (expectedRevision) => {
    const stream = newStream();
    const [known] = events(1);
    if (known) await client.appendToStream(stream, known);
    await client.appendToStream(stream, [event(), ...(known ? [known] : [])], { expectedRevision });
    expect(await length(stream)).toBe(3);
  });

  test.each([ANY, STREAM_EXISTS] as const)(
    '%s: the first id known but a later one new is wrong',
    async (expectedRevision) => {
      const stream = newStream();
      const known = event();
      await client.appendToStream(stream, known);
      await expect(
        client.appendToStream(stream, [known, event()], { expectedRevision }),
      ).rejects.toMatchObject(WRONG);
      expect(await length(stream)).toBe(1);
    },
  );

  test.each([NO_STREAM, 1n] as const)(
    '%s: a matching retry answers with the original result',
    async (expected) => {
      const stream = newStream();
      if (expected !== NO_STREAM) await client.appendToStream(stream, events(2));
      const given = events(3);
      const options = { expectedRevision: expected };
      const original = await client.appendToStream(stream, given, options);
      await client.appendToStream(stream, events(40));
      expect(await client.appendToStream(stream, given, options)).toEqual(original);
      expect(await client.appendToStream(stream, given.slice(0, 2), options)).toMatchObject({
        nextExpectedRevision: original.nextExpectedRevision - 1n,
      });
    },
  );

  test.each([NO_STREAM, 0n] as const)('%s: a retry with other events is a conflict', async (expected) => {
    const stream = newStream();
    if (expected !== NO_STREAM) await client.appendToStream(stream, event());
    const given = events(2);
    const options = { expectedRevision: expected };
    await client.appendToStream(stream, given, options);
    await expect(client.appendToStream(stream, events(2), options)).rejects.toMatchObject(WRONG);
    await expect(
      client.appendToStream(stream, [...given.slice(0, 1), event()], options),
    ).rejects.toMatchObject(WRONG);
    await expect(client.appendToStream(stream, [...given, event()], options)).rejects.toMatchObject(WRONG);
    await expect(client.appendToStream(stream, given.toReversed(), options)).rejects.toMatchObject(WRONG);
  });

  test('an expected revision above the current one is a conflict, also for a retry', async () => {
    const stream = newStream();
    const given = events(2);
    await client.appendToStream(stream, given);
    await expect(client.appendToStream(stream, given, { expectedRevision: 2n })).rejects.toMatchObject(WRONG);
  });

  test('the same id can be used in different streams', async () => {
    const [one, two] = [newStream(), newStream()];
    const given = event();
    await client.appendToStream(one, given);
    await client.appendToStream(two, given);
    expect([await length(one), await length(two)]).toEqual([1, 1]);
  });

  test('the same id at the current revision is appended again', async () => {
    const stream = newStream();
    const given = event();
    await client.appendToStream(stream, given, { expectedRevision: NO_STREAM });
    await client.appendToStream(stream, given, { expectedRevision: 0n });
    expect(await length(stream)).toBe(2);
  });

  test('the same id twice in one append is stored twice', async () => {
    const stream = newStream();
    const given = event();
    await client.appendToStream(stream, [given, given], { expectedRevision: NO_STREAM });
    expect(await length(stream)).toBe(2);
  });

  test('many concurrent identical requests add one event; each has the original result or a Timeout', async () => {
    const stream = newStream();
    const given = event();
    const send = () => client.appendToStream(stream, given, { expectedRevision: NO_STREAM });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, send));
    const original = await send();
    const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(results).toEqual(results.map(() => original));
    expect(errors).toEqual(errors.map(() => expect.objectContaining({ type: 'deadline-exceeded' })));
    expect(await length(stream)).toBe(1);
  });
});
