import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { metadata } from '../kernel/test-decider.ts';
import type { RecordedSessionEvent } from './events.ts';
import type { ProcessedCommands } from './processed-commands.ts';
import {
  commandsKept,
  deduplicationIds,
  findProcessedCommand,
  latestCommand,
  rememberCommand,
} from './processed-commands.ts';
import { asks, given, started } from './test-scenario.ts';

/** A turn's event as an older version wrote it, as part of a request with the given key. */
function older(revision: number, command_id: string): RecordedSessionEvent {
  const common = { occurred_at: '', schema_version: 1, $correlationId: '' };
  const data = { turn_id: `t${revision}` };
  const event = { type: 'TurnRecorded', data, revision, event_id: '' };
  return {
    ...event,
    metadata: { ...common, command_id, command_hash: 'hash' },
  } as unknown as RecordedSessionEvent;
}

/** The events of one request, from a revision on. */
function request(revision: number, count: number, ...ids: string[]): RecordedSessionEvent[] {
  const [command_id = '', ...command_aliases] = ids;
  return Array.from({ length: count }, (_, index) => {
    const event = older(revision + index, command_id);
    const place = { command_event: index, command_events: count };
    const aliases = index === 0 ? { command_aliases } : {};
    return { ...event, metadata: { ...event.metadata, ...aliases, ...place, command_hash: 'v2.hash' } };
  });
}

function remember(events: readonly RecordedSessionEvent[]): ProcessedCommands {
  const none: ProcessedCommands = { from: 0, list: [] };
  return events.reduce(rememberCommand, none);
}

describe('a request', () => {
  test('is completely known from its first event on, by each of its ids', () => {
    const events = request(3, 5, 'key:1', 'turn:a', 'turn:b');
    for (const length of [1, 3, 5]) {
      const known = remember(events.slice(0, length));
      for (const id of ['key:1', 'turn:a', 'turn:b'])
        expect(findProcessedCommand(known, [id])).toEqual({ id, hash: 'v2.hash', revision: 3, count: 5 });
    }
  });

  test('is not known by ids that no caller can send again', () => {
    const known = remember(request(0, 1, 'key:1'));
    expect(findProcessedCommand(known, ['turn:t0'])).toBeUndefined();
  });

  test('without an id adds nothing', () => {
    const { known } = given(started);
    const { command_id: _id, ...bare } = metadata(1);
    expect(rememberCommand(known, { ...asks('why'), event_id: 'x', revision: 1, metadata: bare })).toBe(
      known,
    );
  });

  test('whose first event is unknown adds nothing', () => {
    const none: ProcessedCommands = { from: 4, list: [] };
    expect(request(3, 5, 'key:1').slice(1).reduce(rememberCommand, none)).toBe(none);
  });

  test('is the latest one at each of its events', () => {
    const events = [...request(0, 1, 'key:0'), ...request(1, 3, 'key:1')];
    const known = remember(events);
    expect(latestCommand(known, 3)?.ids).toEqual(['key:1']);
    expect(latestCommand(known, 4)).toBeUndefined();
  });
});

test('a session knows its latest 64 requests, however many ids they have', () => {
  const requests = Array.from({ length: 200 }, (_, n) =>
    request(2 * n, 2, `key:${n}`, `turn:${n}`, `turn:x${n}`),
  );
  const known = remember(requests.flat());
  expect(known.from).toBe(2 * (200 - commandsKept) - 1);
  for (const n of requests.keys()) {
    const expected = { id: `turn:x${n}`, hash: 'v2.hash', revision: 2 * n, count: 2 };
    const isKept = n >= 200 - commandsKept;
    expect(findProcessedCommand(known, [`turn:x${n}`])).toEqual(isKept ? expected : undefined);
  }
});

test('every command at or after `from` is known', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
      const turns = Array.from({ length: count }, (_, index) => asks(`intent-${index}`));
      const { known } = given(started, ...turns);
      expect(known.list.length).toBeLessThanOrEqual(commandsKept);
      for (let revision = known.from; revision <= count; revision += 1) {
        expect(known.list.some((command) => command.revision === revision)).toBe(true);
      }
      expect(known.list.every((command) => command.revision >= known.from)).toBe(true);
    }),
  );
});

describe('events of an older version', () => {
  test('are assigned to the request that their id names', () => {
    const turns = Array.from({ length: 3 * commandsKept }, (_, index) => older(index + 1, 'many'));
    const known = remember([older(0, 'before'), ...turns]);
    const all = { hash: 'hash', revision: 1, count: turns.length };
    for (const id of ['many', 'turn:t1', `turn:t${turns.length}`])
      expect(findProcessedCommand(known, [id])).toEqual({ id, ...all });
  });

  test('are known by the ids of their data', () => {
    const { known } = given(started, asks('where'));
    expect(known.list.map(({ ids }) => ids)).toEqual([['key:0'], ['key:1', 'turn:turn-where']]);
  });

  test('with a generated id are not remembered', () => {
    expect(remember([older(0, '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10')]).list).toEqual([]);
  });
});

describe('the deduplication ids', () => {
  test('of a turn are those of its message and its own', () => {
    expect(deduplicationIds({ message_id: 'M', turn_id: 'T' })).toEqual(['message:M', 'turn:t']);
  });

  test('of an external update name its system', () => {
    expect(deduplicationIds({ system: 'orders', source_event_id: 'e' })).toEqual(['source:orders:e']);
  });

  test('of two systems differ even if name and id concatenate to the same text', () => {
    const [one] = deduplicationIds({ system: 'a:b', source_event_id: 'c' });
    const [other] = deduplicationIds({ system: 'a', source_event_id: 'b:c' });
    expect(one).not.toBe(other);
  });
});
