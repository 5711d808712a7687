import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Lease } from '#partitions';
import { PartitionLeaseStore } from '#partitions';
import type { Writer } from '../tables/owner.ts';
import { rewriteSession } from '../tables/rewrite.ts';
import { RowsStore } from '../tables/store.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import { InvalidCursorError } from './cursor.ts';
import { followTurns } from './turn-feed.ts';
import { listTurns } from './turns.ts';

let database: TestDatabase;
let leases: readonly Lease[];
/** Positions are those of one log, shared by all writers. */
let log = 0n;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE conversation_session, conversation_turn, session_milestone, projection_slot',
  );
  const store = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await store.ensure(2);
  leases = await store.claim(2, []);
});
afterAll(() => database.drop());

/** A projector of one partition that takes positions at one time and writes the rows at another. */
class TestWriter {
  private writer: Writer;
  readonly script: Script;

  constructor(partition: 0 | 1) {
    const lease = leases.find((item) => item.partition === partition);
    if (!lease) throw new Error('no lease');
    this.writer = { partition, epoch: lease.epoch, owner: 'test', position: null };
    this.script = new Script(`${partition === 0 ? '1' : 'e'}${randomUUID().slice(1)}`);
    this.script.request(startSession);
  }

  /** Takes positions in the log; the returned function writes the rows. */
  append(...texts: string[]): () => Promise<void> {
    const from = this.script.session.revision === 0 ? 0 : this.script.events.length;
    for (const message_text of texts) this.script.request(turn(randomUUID(), { message_text }));
    const items = this.script.events.slice(from).map((event) => ({
      session_id: this.script.sessionId,
      event,
      position: (log += 10n),
    }));
    const position = log;
    return async () => {
      await new RowsStore(database.pool, { textSearch: 'off' }).write(this.writer, items, position, null);
      this.writer = { ...this.writer, position };
    };
  }

  rewrite(): Promise<unknown> {
    return rewriteSession(
      database.pool,
      this.writer,
      this.script.sessionId,
      this.script.events,
      null,
      undefined,
      'off',
    );
  }
}

async function read(after: string | undefined, limit = 2): Promise<{ texts: string[]; next: string }> {
  const texts: string[] = [];
  let at = after;
  for (;;) {
    const { items, next } = await followTurns(database.pool, { limit, after: at });
    texts.push(...items.map(({ message_text }) => message_text));
    at = next ?? '';
    if (items.length === 0) return { texts, next: at };
  }
}

test('a reader that follows the newest page gets later rows of a slower partition, each turn once', async () => {
  const [slow, fast] = [new TestWriter(0), new TestWriter(1)];
  const late = slow.append('a1', 'a2', 'a3');
  await fast.append('b1', 'b2')();
  const newest = await listTurns(database.pool, { order: 'desc', limit: 2 });
  expect(newest.items.map(({ message_text }) => message_text)).toEqual(['b2', 'b1']);
  await late();
  await fast.append('b3')();
  const first = await read(newest.latest ?? undefined);
  expect(first.texts.sort()).toEqual(['a1', 'a2', 'a3', 'b3']);
  const later = slow.append('a4');
  expect((await read(first.next)).texts).toEqual([]);
  await later();
  expect((await read(first.next)).texts).toEqual(['a4']);
});

test('a reader concurrent with two writers misses no row and gets none twice', async () => {
  const writers = [new TestWriter(0), new TestWriter(1)];
  const expected: string[] = [];
  const ended = new AbortController();
  const write = async (writer: TestWriter, name: string): Promise<void> => {
    for (let n = 0; n < 25; n += 1) {
      const texts = [`${name}${n}`, `${name}${n}+`];
      expected.push(...texts);
      await writer.append(...texts)();
    }
  };
  const writing = Promise.all(writers.map((writer, index) => write(writer, `w${index}-`))).finally(() =>
    ended.abort(),
  );
  const seen: string[] = [];
  let after: string | undefined;
  while (!ended.signal.aborted) {
    const page = await read(after, 3);
    seen.push(...page.texts);
    after = page.next;
  }
  await writing;
  seen.push(...(await read(after, 3)).texts);
  expect(seen.sort()).toEqual(expected.sort());
});

test('the rows of a set-aside session are delivered once they are written', async () => {
  const [kept, other] = [new TestWriter(0), new TestWriter(0)];
  await kept.append('a1')();
  const { next } = await read(undefined);
  other.append('late');
  await kept.append('a2')();
  const second = await read(next);
  expect(second.texts).toEqual(['a2']);
  await other.rewrite();
  const third = await read(second.next);
  expect(third.texts).toEqual(['late']);
  expect((await read(third.next)).texts).toEqual([]);
});

test.each([
  '',
  'W10',
  Buffer.from('["feed","1 2"]').toString('base64url'),
  Buffer.from(`["feed","${'= '.repeat(16).trim()}"]`).toString('base64url'),
])('the cursor %j is refused', async (after) => {
  await expect(followTurns(database.pool, { limit: 1, after })).rejects.toThrow(InvalidCursorError);
});
