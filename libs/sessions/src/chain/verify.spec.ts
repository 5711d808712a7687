import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import type { CheckedEvent, UnreadableEvent } from './checked-events.ts';
import { chainEvents, chainIn, linkAfter, seedOf } from './link.ts';
import type { Expectations } from './verify.ts';
import { ChainCheck } from './verify.ts';

const stream = 'session-1';

/** Events as they are stored after others. */
function appended(count: number, from = 0, previous = seedOf(stream)): CheckedEvent[] {
  const given = Array.from({ length: count }, (_, index): EventData => ({
    id: randomUUID(),
    type: 'FlagRaised',
    contentType: 'application/json',
    data: { flag: `f${from + index}`, value: true },
    metadata: { schema_version: 1 },
  }));
  return chainEvents(previous, given).events.map(({ id, type, data, metadata }, index) => ({
    id,
    type,
    data: data as Uint8Array,
    metadata: metadata as Uint8Array,
    revision: from + index,
    isJson: true,
    position: BigInt(from + index),
  }));
}

const whole = appended(8);
const chainAt = (revision: number): string => chainIn(whole[revision]?.metadata ?? new Uint8Array()) ?? '';
/** The events renumbered, one at each revision. */
const stored = (events: readonly CheckedEvent[], from = 0): CheckedEvent[] =>
  events.map((event, index) => ({ ...event, revision: from + index }));
const unchained = (event: CheckedEvent): CheckedEvent => ({
  ...event,
  metadata: Buffer.from('{"schema_version":1}'),
});
const changed = (event: CheckedEvent): CheckedEvent => ({ ...event, data: Buffer.from('{"flag":"other"}') });

const beforeRoot = (position: bigint): boolean => position < 6n;

function check(
  events: readonly (CheckedEvent | UnreadableEvent)[],
  more: Partial<Expectations> = {},
): Promise<ChainCheck> {
  return new ChainCheck({ stream, removals: [], sealed: new Map(), ...more }).run(read(events));
}

async function* read<T>(events: readonly T[]): AsyncGenerator<T> {
  yield* events;
}

const found = async (...args: Parameters<typeof check>): Promise<string[]> =>
  (await check(...args)).faults.map(({ kind, revision, to, belongs_at }) =>
    [kind, revision, to, belongs_at].filter((item) => item !== undefined).join(' '),
  );

test('an unchanged history has no faults', async () => {
  const { faults, gaps, events, revision, chain } = await check(whole, {
    sealed: new Map([[3, chainAt(3)]]),
  });
  expect({ faults, gaps, events, revision, chain }).toEqual({
    faults: [],
    gaps: [],
    events: 8,
    revision: 7,
    chain: chainAt(7),
  });
});

test.each(whole.map(({ revision }) => revision))(
  'that event %d was changed is found and named',
  async (at) => {
    expect(await found(whole.with(at, changed(whole[at] as CheckedEvent)))).toEqual([`changed ${at}`]);
  },
);

test.each([0, 4, 7])('changing any byte of event %d reports only that event', async (at) => {
  const event = whole[at] as CheckedEvent;
  for (const part of ['data', 'metadata'] as const)
    for (const index of event[part].keys()) {
      const bytes = Buffer.from(event[part]);
      bytes[index] = (bytes[index] ?? 0) ^ 4;
      expect(await found(whole.with(at, { ...event, [part]: bytes }))).toEqual([`changed ${at}`]);
    }
});

test('two swapped events are reported with the revisions where they belong', async () => {
  const [a, b, c, d, ...rest] = whole as [CheckedEvent, CheckedEvent, CheckedEvent, CheckedEvent];
  expect(await found(stored([a, c, b, d, ...rest]))).toEqual(['moved 1 2', 'moved 2 1']);
  expect(await found(stored([d, b, c, a, ...rest]))).toEqual(['moved 0 3', 'moved 3 0']);
  expect(await found(stored([...whole.slice(0, 6), ...whole.slice(6).toReversed()]))).toEqual([
    'moved 6 7',
    'moved 7 6',
  ]);
});

test('dropped events are reported', async () => {
  expect(await found(whole.filter(({ revision }) => revision !== 3))).toEqual(['dropped 3 3']);
  expect(await found(stored(whole.toSpliced(3, 1)))).toEqual(['changed 3']);
  expect(await found(whole.slice(2))).toEqual(['missing 0 1']);
});

test('an event that was never appended is reported', async () => {
  const alien = { ...changed(whole[0] as CheckedEvent), id: randomUUID() };
  expect(await found(stored(whole.toSpliced(4, 0, alien)))).toEqual(['inserted 4']);
  expect(await found([...whole, { ...alien, revision: 8 }])).toEqual(['changed 8']);
});

test('an unreadable event is reported, and the events after it are checked', async () => {
  const broken = whole.with(5, changed(whole[5] as CheckedEvent));
  expect(await found([...broken.slice(0, 2), { revision: 2, reason: 'crc' }, ...broken.slice(3)])).toEqual([
    'unreadable 2',
    'changed 5',
  ]);
});

test('a stream that cannot be read from a revision on has one fault, though a root covers more', async () => {
  const rest: UnreadableEvent = { revision: 3, reason: 'crc', toEnd: true };
  const sealed = new Map([[6, chainAt(6)]]);
  const { faults, events, revision } = await check([...whole.slice(0, 3), rest], { sealed });
  const detail = 'The stream cannot be read from revision 3: crc.';
  expect({ faults, events, revision }).toEqual({
    faults: [{ kind: 'unreadable', revision: 3, detail }],
    events: 3,
    revision: 2,
  });
});

test('a root reveals events that were removed or rewritten after it was signed', async () => {
  const sealed = new Map([[6, chainAt(6)]]);
  expect(await found(whole.slice(0, 5), { sealed })).toEqual(['removed 5 6']);
  expect(await found([...whole.slice(0, 4), ...appended(4, 4, chainAt(3))], { sealed })).toEqual([
    'rewritten 6',
  ]);
  expect(await found([], { sealed })).toEqual(['removed 0 6']);
});

const removal = { session_id: '1', before: 3, chain: chainAt(2), reason: 'retention', at: '' } as const;

test('events with a removal record are a gap, and what follows them is checked', async () => {
  const { faults, gaps } = await check(whole.slice(3), { removals: [removal] });
  expect({ faults, gaps }).toEqual({
    faults: [],
    gaps: [{ kind: 'truncated', from: 0, to: 2, reason: 'retention' }],
  });
  const next = whole.slice(3).with(0, changed(whole[3] as CheckedEvent));
  expect(await found(next, { removals: [removal] })).toEqual(['changed 3']);
  expect(await found(whole.slice(4), { removals: [removal] })).toEqual(['missing 0 3']);
});

test('a removal record that was not carried out excuses no missing end', async () => {
  const notDone = { ...removal, before: 7, chain: chainAt(6) };
  const sealed = new Map([[6, chainAt(6)]]);
  expect(await found(whole.slice(0, 3), { removals: [notDone], sealed })).toEqual(['removed 3 6']);
  expect(await found(whole, { removals: [notDone], sealed })).toEqual([]);
});

test('a deleted stream may start again', async () => {
  expect(await found(appended(3, 3), { removals: [removal] })).toEqual([]);
  const gone = await check([], { removals: [removal], sealed: new Map([[2, chainAt(2)]]) });
  expect([gone.faults, gone.gaps]).toEqual([[], [{ kind: 'deleted', from: 0, to: 2, reason: 'retention' }]]);
});

test('a stream deleted before removal records existed may start again, unless a root covers it', async () => {
  const anew = appended(3, 3);
  const { faults, gaps } = await check(anew);
  expect([faults, gaps]).toEqual([[], [{ kind: 'deleted', from: 0, to: 2 }]]);
  expect(await found(anew.with(0, changed(anew[0] as CheckedEvent)))).toContain('missing 0 2');
  expect(await found(anew, { sealed: new Map([[1, chainAt(1)]]) })).toContain('missing 0 2');
});

test('events of an older version are a gap, even between others, and the next hash covers them', async () => {
  const old = stored(whole.slice(0, 2)).map(unchained);
  const link = linkAfter(stream, old[1] as CheckedEvent);
  const events = [...old, ...appended(2, 2, link), ...stored(whole.slice(4, 5), 4).map(unchained)];
  const { faults, gaps } = await check(events);
  expect({ faults, gaps }).toEqual({
    faults: [],
    gaps: [
      { kind: 'not_chained', from: 0, to: 1 },
      { kind: 'not_chained', from: 4, to: 4 },
    ],
  });
  expect(await found(events.with(1, { ...changed(old[1] as CheckedEvent), revision: 1 }))).toEqual([
    'changed 2',
  ]);
});

test('events removed before removal records existed are a gap', async () => {
  const old = unchained(whole[3] as CheckedEvent);
  const { faults, gaps } = await check([old, ...appended(2, 4, linkAfter(stream, old))]);
  expect({ faults, gaps }).toEqual({
    faults: [],
    gaps: [
      { kind: 'truncated', from: 0, to: 2 },
      { kind: 'not_chained', from: 3, to: 3 },
    ],
  });
  expect(await found([unchained(whole[3] as CheckedEvent), ...whole.slice(4)])).toEqual(['changed 4']);
});

test('events that a root covers are missing, even if an event without a hash follows', async () => {
  const old = unchained(whole[3] as CheckedEvent);
  const rest = [old, ...appended(2, 4, linkAfter(stream, old))];
  expect(await found(rest, { sealed: new Map([[2, chainAt(2)]]) })).toEqual(['missing 0 2']);
  expect(await found(rest, { sealed: new Map([[3, linkAfter(stream, old)]]) })).toEqual([]);
});

test('stripped hashes do not pass for an older version', async () => {
  const sealed = new Map([[7, chainAt(7)]]);
  const stripped = whole.map((event) => (event.revision < 5 ? event : unchained(event)));
  expect(await found(stripped, { sealed })).toEqual(['rewritten 7']);
  expect(await found(whole.with(4, unchained(whole[4] as CheckedEvent)))).toEqual(['changed 5']);
  expect(await found(stripped, { mayBeUnchained: beforeRoot })).toEqual(['unchained 6', 'unchained 7']);
});
