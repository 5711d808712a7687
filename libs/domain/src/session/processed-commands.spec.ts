import { expect, test } from '@jest/globals';
import type { RecordedEvent } from './events.ts';
import type { ProcessedCommands } from './processed-commands.ts';
import { commandsKept, findProcessedCommand, rememberCommand } from './processed-commands.ts';

/** A turn's event, as part of a request with the given key. */
function recorded(revision: number, command_id: string): RecordedEvent {
  const metadata = {
    command_id,
    command_hash: 'hash',
    occurred_at: '',
    schema_version: 1,
    $correlationId: '',
  };
  const data = { turn_id: `t${revision}` };
  return { type: 'TurnRecorded', data, revision, event_id: '', metadata } as unknown as RecordedEvent;
}

function remember(events: readonly RecordedEvent[]): ProcessedCommands {
  const none: ProcessedCommands = { from: 0, list: [] };
  return events.reduce((known, event) => rememberCommand(known, event), none);
}

test('a request with more turns than are kept is known by its key, its first turn and its last, with all its events', () => {
  const turns = Array.from({ length: 3 * commandsKept }, (_, index) => recorded(index + 1, 'many'));
  const known = remember([recorded(0, 'before'), ...turns]);
  const all = { hash: 'hash', revision: 1, count: turns.length };
  for (const id of ['many', 'turn:t1', `turn:t${turns.length}`])
    expect(findProcessedCommand(known, [id])).toEqual({ id, ...all });
  expect(known.from).toBe(1);
  expect(findProcessedCommand(known, ['before'])).toBeUndefined();
});

test('old requests are forgotten whole; all from `from` on are known', () => {
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
