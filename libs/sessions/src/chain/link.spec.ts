import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import type { NewEvent } from '../client/append-request.ts';
import type { EventBytes } from './link.ts';
import { anchorOf, chainEvents, chainIn, expectedChain, linkAfter, seedOf } from './link.ts';

const stream = 'session-1';

function event(data: object, metadata?: object): EventData {
  return {
    id: randomUUID(),
    type: 'FlagRaised',
    contentType: 'application/json',
    data: { ...data },
    metadata: metadata && { ...metadata },
  };
}

const metadata = { schema_version: 1, actor: { role: 'agent', id: 'बॉट' } };
const given = [
  event({ flag: 'a', value: 'A256GCM.key.s.c2VhbGVk' }, metadata),
  event({ text: 'भुगतान 😀' }),
  event({}, metadata),
];

const bytes = ({ id, type, data, metadata: rest }: NewEvent): EventBytes => ({
  id,
  type,
  data: data as Uint8Array,
  metadata: rest as Uint8Array,
});

const { events, chain } = chainEvents(seedOf(stream), given);
const stored = events.map(bytes);

function isWhole(list: readonly EventBytes[]): boolean {
  let previous = seedOf(stream);
  return list.every((item) => {
    const isRight = chainIn(item.metadata) === expectedChain(previous, item);
    previous = chainIn(item.metadata) ?? '';
    return isRight;
  });
}

test('data and metadata are stored as the same JSON, with the chain at the end', () => {
  expect(events.map(({ data }) => JSON.parse(String(data)) as unknown)).toEqual(
    given.map(({ data }) => data),
  );
  const written = stored.map((item) => JSON.parse(String(item.metadata)) as { chain: string });
  const hashed = { chain: expect.any(String) };
  expect(written).toEqual([{ ...metadata, ...hashed }, hashed, { ...metadata, ...hashed }]);
  expect(written.at(-1)?.chain).toBe(chain);
  expect(isWhole(stored)).toBe(true);
});

test('a chain hash from another store is ignored', () => {
  const copied = given.map((item) => ({ ...item, metadata: { chain: 'x', ...(item.metadata as object) } }));
  expect(chainEvents(seedOf(stream), copied)).toEqual({ events, chain });
});

test('events of another stream, in another order, or with one left out do not fit', () => {
  const [first, second, third] = stored as [EventBytes, EventBytes, EventBytes];
  expect(chainEvents(seedOf('session-2'), given).chain).not.toBe(chain);
  expect(
    [
      [second, first, third],
      [first, third],
      [second, third],
    ].map(isWhole),
  ).toEqual([false, false, false]);
});

/** Every byte of the data and the metadata of an event, changed one at a time. */
function* mutants(item: EventBytes): Generator<EventBytes> {
  for (const part of ['data', 'metadata'] as const)
    for (const at of item[part].keys()) {
      const changed = Buffer.from(item[part]);
      changed[at] = (changed[at] ?? 0) ^ 1;
      yield { ...item, [part]: changed };
    }
  for (const part of ['id', 'type'] as const)
    for (const at of Array.from(item[part]).keys())
      yield { ...item, [part]: `${item[part].slice(0, at)}~${item[part].slice(at + 1)}` };
}

test.each([0, 1, 2])('no byte of event %d can be changed', (index) => {
  let count = 0;
  for (const mutant of mutants(stored[index] as EventBytes)) {
    expect(isWhole(stored.with(index, mutant))).toBe(false);
    count += 1;
  }
  expect(count).toBeGreaterThan(100);
});

test('moving a byte from one part into the next changes the hash', () => {
  const [{ type, data, ...rest }] = stored as [EventBytes];
  const moved = { ...rest, type: `${type}{`, data: data.subarray(1) };
  expect(isWhole([moved, ...stored.slice(1)])).toBe(false);
});

test("the successor's hash covers an event that is not chained", () => {
  const old = bytes({ ...given[0], data: Buffer.from('{}'), metadata: Buffer.from('{"a":1}') } as NewEvent);
  const { chain: next } = chainEvents(linkAfter(stream, old), given);
  expect(linkAfter(stream, old)).toBe(anchorOf(stream, old));
  const other = { ...old, data: Buffer.from('{ }') };
  expect(chainEvents(linkAfter(stream, other), given).chain).not.toBe(next);
});
