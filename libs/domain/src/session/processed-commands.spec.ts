import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { metadata } from '../kernel/test-decider.ts';
import type { RecordedSessionEvent } from './events.ts';
import type { ProcessedCommands } from './processed-commands.ts';
import {
  commandsKept,
  deduplicationIds,
  findProcessedCommand,
  rememberCommand,
} from './processed-commands.ts';
import { asks, given, started } from './test-scenario.ts';

/** A turn's event, as part of a request with the given key. */
function recorded(revision: number, command_id: string): RecordedSessionEvent {
  const metadata = {
    command_id,
    command_hash: 'hash',
    occurred_at: '',
    schema_version: 1,
    $correlationId: '',
  };
  const data = { turn_id: `t${revision}` };
  return { type: 'TurnRecorded', data, revision, event_id: '', metadata } as unknown as RecordedSessionEvent;
}

function remember(events: readonly RecordedSessionEvent[]): ProcessedCommands {
  const none: ProcessedCommands = { from: 0, list: [] };
  return events.reduce((known, event) => rememberCommand(known, event), none);
}

test('a request with more turns than are kept is known by its key, its first and its last turn', () => {
  const turns = Array.from({ length: 3 * commandsKept }, (_, index) => recorded(index + 1, 'many'));
  const known = remember([recorded(0, 'before'), ...turns]);
  const all = { hash: 'hash', revision: 1, count: turns.length };
  for (const id of ['many', 'turn:t1', `turn:t${turns.length}`])
    expect(findProcessedCommand(known, [id])).toEqual({ id, ...all });
  expect(known.from).toBe(1);
  expect(findProcessedCommand(known, ['before'])).toBeUndefined();
});

test('old requests are forgotten as a whole', () => {
  const requests = Array.from({ length: 200 }, (_, index) => index);
  const events = requests.flatMap((n) => [recorded(2 * n, `c${n}`), recorded(2 * n + 1, `c${n}`)]);
  const known = remember(events);
  expect(known.list.length).toBeLessThanOrEqual(commandsKept);
  for (const n of requests) {
    const found = findProcessedCommand(known, [`c${n}`]);
    const expected = { id: `c${n}`, hash: 'hash', revision: 2 * n, count: 2 };
    expect(found).toEqual(2 * n < known.from ? undefined : expected);
  }
});

test('a session knows its commands by key and by turn', () => {
  const { known } = given(started, asks('where'));
  expect(known.list.map((command) => command.id)).toEqual(['key:0', 'key:1', 'turn:turn-where']);
});

test('a further event of the last command counts to all its ids', () => {
  const { known } = given(started, asks('where'));
  const reply = { ...asks('why'), event_id: 'x', revision: 2, metadata: metadata(2, 'key:1') };
  const counted = rememberCommand(known, reply).list.filter((command) => command.revision === 1);
  expect(counted.map((command) => [command.id, command.count])).toEqual([
    ['key:1', 2],
    ['turn:turn-where', 2],
    ['turn:turn-why', 2],
  ]);
});

test('an event without a command adds none', () => {
  const { known } = given(started);
  const { command_id: _id, ...bare } = metadata(1);
  expect(rememberCommand(known, { ...asks('why'), event_id: 'x', revision: 1, metadata: bare })).toBe(known);
});

test('every command at or after `from` is known, and not many more than the limit', () => {
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

describe('the deduplication ids', () => {
  test('of a turn are those of its message and its own', () => {
    expect(deduplicationIds({ message_id: 'm', turn_id: 't' })).toEqual(['message:m', 'turn:t']);
  });

  test('of an external update name its system', () => {
    expect(deduplicationIds({ system: 'orders', source_event_id: 'e' })).toEqual(['source:orders:e']);
  });
});

test('a command of more events than are kept, with nothing before it, stays known', () => {
  const turns = Array.from({ length: 2 * commandsKept }, (_, index) => recorded(index, 'many'));
  const known = remember(turns);
  expect(known.from).toBe(0);
  expect(findProcessedCommand(known, ['many'])).toMatchObject({ revision: 0, count: turns.length });
});
