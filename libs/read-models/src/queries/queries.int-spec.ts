import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InvalidCursorError } from './cursor.ts';
import type { Positioned } from '../tables/items.ts';
import { RowsStore } from '../tables/store.ts';
import { dueSessions, listSessions, overSessions } from './sessions.ts';
import { projectionLag, PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import { pages, within } from './test-pages.ts';
import { followTurns } from './turn-feed.ts';
import { listTurns } from './turns.ts';

let database: TestDatabase;
const scripts = Array.from({ length: 7 }, () => new Script());

beforeAll(async () => {
  database = await createDatabase();
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  // All start at the same times, so that pages have to break ties.
  for (const [index, script] of scripts.entries()) {
    const channel = index % 2 === 0 ? 'whatsapp' : 'ivr';
    script.request({ ...startSession, partner_id: `P${index % 3}`, channel } as typeof startSession);
    const asked = randomUUID();
    script.request(turn(asked, { response: { turn_id: randomUUID(), message_text: 'Yes.' } }));
    script.request(turn(randomUUID(), { parsed_intent: 'track_order' }));
    if (index === 0) script.request({ type: 'EndSession', reason: null });
  }
  const events: Positioned[] = scripts.flatMap(({ sessionId, events }, session) =>
    events.map((event, index) => ({ session_id: sessionId, event, position: BigInt(session * 100 + index) })),
  );
  const writer = { partition: 0, epoch: lease.epoch, owner: 'test', position: null };
  await new RowsStore(database.pool, { textSearch: 'off' }).write(
    writer,
    events,
    999n,
    new Date().toISOString(),
  );
});
afterAll(() => database.drop());

function turns(filter: object): Promise<unknown[]> {
  return pages((after) => listTurns(database.pool, { ...filter, limit: 2, after }));
}

function sessions(filter: object): Promise<unknown[]> {
  return pages((after) => listSessions(database.pool, { ...filter, limit: 2, after }));
}

describe('pages', () => {
  test.each([1, 2, 3, 7, 8])('of %i sessions hold each once, newest first', async (limit) => {
    const all = await pages((after) => listSessions(database.pool, { limit, after }));
    const keys = all.map((row) => row.start_time + row.session_id);
    expect(new Set(keys).size).toBe(7);
    expect(keys).toEqual([...keys].sort().toReversed());
  });

  test.each([1, 4, 21, 50])('of %i turns hold each once, oldest first', async (limit) => {
    const all = await pages((after) => listTurns(database.pool, { limit, after }));
    const keys = all.map((row) => `${row.timestamp}${row.session_id}${row.revision}`);
    expect(new Set(keys).size).toBe(21);
    expect(keys).toEqual([...keys].sort());
  });

  test('are limited by bytes too, and still hold each turn once', async () => {
    const single = await listTurns(database.pool, { limit: 500 }, 1);
    expect([single.items.length, single.next]).toEqual([1, expect.any(String)]);
    const turns = await pages((after) =>
      within(2_000, listTurns(database.pool, { limit: 500, after }, 2_000)),
    );
    expect(new Set(turns.map(({ turn_id }) => turn_id)).size).toBe(21);
    const sessions = await pages((after) =>
      within(2_000, listSessions(database.pool, { limit: 500, after }, 2_000)),
    );
    expect(new Set(sessions.map(({ session_id }) => session_id)).size).toBe(7);
  });

  test('of followed turns are limited by bytes too, and hold each once', async () => {
    const turns = await pages(async (after) => {
      const page = await within(2_000, followTurns(database.pool, { limit: 500, after }, 2_000));
      return page.items.length === 0 ? { ...page, next: null } : page;
    });
    expect(new Set(turns.map(({ turn_id }) => turn_id)).size).toBe(21);
  });

  test('of turns hold each once although PostgreSQL counts more bytes than the answer has', async () => {
    // PostgreSQL writes a space after each comma.
    const entities = { a: Array.from({ length: 1_000 }, () => 1) };
    await database.pool.query('UPDATE conversation_turn SET extracted_entities = $1', [entities]);
    const all = await pages((after) => listTurns(database.pool, { limit: 21, after }, 55_000));
    await database.pool.query(`UPDATE conversation_turn SET extracted_entities = '{}'`);
    expect(new Set(all.map(({ turn_id }) => turn_id)).size).toBe(21);
  });

  test('of turns keep their filters', async () => {
    const session = scripts[3];
    expect(await turns({ session_id: session?.sessionId })).toHaveLength(3);
    expect(await turns({ partner_id: 'P0' })).toHaveLength(9);
    expect(await turns({ parsed_intent: 'track_order' })).toHaveLength(7);
    expect(await turns({ sender: 'bot' })).toHaveLength(7);
    const at = session?.events[1]?.metadata.occurred_at;
    expect(await turns({ from: at })).toHaveLength(21);
    expect(await turns({ to: at })).toHaveLength(0);
  });

  test('of sessions keep their filters', async () => {
    expect(await sessions({ partner_id: 'P0' })).toHaveLength(3);
    expect(await sessions({ partner_id: 'P0', status: 'active' })).toHaveLength(2);
    expect(await sessions({ channel: 'ivr' })).toHaveLength(3);
  });

  test('refuse a cursor of another query', async () => {
    const { next } = await listSessions(database.pool, { limit: 1 });
    await expect(listTurns(database.pool, { limit: 1, after: next ?? '' })).rejects.toThrow(
      InvalidCursorError,
    );
    await expect(listSessions(database.pool, { limit: 1, after: 'x' })).rejects.toThrow(InvalidCursorError);
  });
});

test('rows are returned with the times of their events', async () => {
  const [script] = scripts;
  const { items } = await listTurns(database.pool, { session_id: script?.sessionId, limit: 1 });
  expect(items[0]?.timestamp).toBe(script?.events[1]?.metadata.occurred_at);
});

test('active sessions are due once they have expired', async () => {
  const times = scripts.map(({ session }) => session.state.session.expires_at).sort();
  expect(await dueSessions(database.pool, '2026-01-01T00:00:00.000Z', 10, ['session-'])).toEqual([]);
  const due = await dueSessions(database.pool, times.at(-1) ?? '', 10, ['session-']);
  expect(due.sort()).toEqual(
    scripts
      .slice(1)
      .map((script) => script.sessionId)
      .sort(),
  );
  expect(await dueSessions(database.pool, times.at(-1) ?? '', 2, ['session-'])).toHaveLength(2);
});

test('due sessions are limited to the prefixes', async () => {
  const now = '2999-01-01T00:00:00.000Z';
  const found = await Promise.all(
    [...'0123456789abcdef'].map(async (digit) => dueSessions(database.pool, now, 10, [`session-${digit}`])),
  );
  expect(found.flat()).toHaveLength(scripts.length - 1);
  for (const [digit, ids] of found.entries())
    expect(ids.filter((id) => !id.startsWith(digit.toString(16)))).toEqual([]);
  expect(await dueSessions(database.pool, now, 10, [])).toEqual([]);
});

describe('a session that is set aside', () => {
  const [, script] = scripts;
  const sessionId = script?.sessionId ?? '';
  beforeAll(() =>
    database.pool.query(
      `INSERT INTO set_aside_session (session_id, revision, event_id, type, position, reason, since)
       VALUES ($1, 3, 'e', 'TurnRecorded', 7, 'malformed_event', '2026-01-05T10:00:00.5Z')`,
      [sessionId],
    ),
  );
  afterAll(() => database.pool.query('TRUNCATE set_aside_session'));

  test('is listed with the event, the reason and the time', async () => {
    const { items } = await listSessions(database.pool, { limit: 100 });
    const since = '2026-01-05T10:00:00.500Z';
    const note = { revision: 3, event_id: 'e', type: 'TurnRecorded', reason: 'malformed_event', since };
    expect(items.map(({ session_id, set_aside }) => [session_id === sessionId, set_aside])).toEqual(
      items.map(({ session_id }) => (session_id === sessionId ? [true, note] : [false, null])),
    );
  });

  test('is not due, whatever its row says', async () => {
    expect(await dueSessions(database.pool, '2999-01-01T00:00:00.000Z', 10, ['session-'])).not.toContain(
      sessionId,
    );
  });
});

test('ended sessions are found among others, and those without a row are left out', async () => {
  const ids = scripts.map(({ sessionId }) => sessionId);
  const over = await overSessions(database.pool, [...ids, randomUUID()]);
  expect(over).toEqual(new Map(ids.map((id, index) => [id, index === 0])));
});

test('the lag of each partition is returned', async () => {
  const [partition] = await projectionLag(database.pool);
  expect(partition).toMatchObject({ slot: 0, owner: 'test', position: 999n });
  expect(partition?.lag_s).toBeGreaterThanOrEqual(0);
});
