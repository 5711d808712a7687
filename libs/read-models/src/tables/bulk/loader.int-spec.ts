import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DataKeys } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../../privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../../test-support.ts';
import { createDatabase, rowsPool, Script, startSession, TablesWriter, turn } from '../../test-support.ts';
import { digestTables } from '../canonical-dump.ts';
import type { TableItem } from '../items.ts';
import { rebuildTables } from '../rebuild.ts';
import { rebuildConnectionSettings } from '../sql.ts';
import { BulkLoader } from './loader.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() =>
  database.pool.query(
    `TRUNCATE conversation_session, conversation_turn, turn_entity, turn_word, session_milestone, session_reference, personal_token,
     projection_slot, set_aside_session, event_correlation`,
  ),
);
afterAll(() => database.drop());

function deletion(session_id: string, before: number): TableItem {
  return { session_id, before, position: 0n };
}

/** Conversations with interleaved events, as in a store: turns with near and late replies, goals, channels, ends, deletions. */
function items(conversations: number): TableItem[] {
  const scripts = Array.from({ length: conversations }, () => new Script());
  const asked = new Map<Script, string[]>();
  const found: TableItem[] = [];
  const add = (script: Script, ...commands: Parameters<Script['request']>): void => {
    for (const event of script.request(...commands))
      found.push({ session_id: script.sessionId, event, position: 0n });
  };
  for (const [index, script] of scripts.entries())
    add(script, { ...startSession, partner_id: `P${index % 5}` } as typeof startSession);
  for (let round = 0; round < 12; round += 1)
    for (const [index, script] of scripts.entries()) {
      const kind = (index * 7 + round * 5) % 8;
      const open = asked.get(script) ?? [];
      if (kind < 4) {
        const id = randomUUID();
        asked.set(script, [...open, id]);
        const text = `Tab\there, line\nthere, \\N and a back\\slash ${index}.${round} 😀\0`;
        add(
          script,
          turn(id, { message_text: text, extracted_entities: { order_id: `O${index}`, note: 'a\\b' } }),
        );
      } else if (kind === 4 && open[0] !== undefined) {
        const reply = {
          sender: 'bot',
          in_reply_to: open[0],
          message_text: `Answer ${index}.${round}`,
        } as const;
        asked.set(script, open.slice(1));
        add(script, turn(randomUUID(), { ...reply, parsed_intent: null, bot_action: 'inform' }));
      } else if (kind === 5) add(script, { type: 'SetGoal', goal: `goal ${round}`, step: null });
      else if (kind === 6)
        add(script, { type: 'SwitchChannel', channel: round % 2 === 0 ? 'ivr' : 'mobile_app' });
      else if (round > 8 && index % 3 === 0) add(script, { type: 'EndSession', reason: null });
    }
  const [cut, over, early] = scripts.map(({ sessionId }) => sessionId) as [string, string, string];
  // Nothing comes after a stream is deleted.
  const middle = Math.floor(found.length / 2);
  const [before, after] = [found.slice(0, middle), found.slice(middle)];
  const later = after.filter(({ session_id }) => session_id !== early);
  const all = [
    ...before,
    deletion(early, Number.MAX_SAFE_INTEGER),
    ...later,
    deletion(cut, 4),
    deletion(over, Number.MAX_SAFE_INTEGER),
  ];
  return all.map((item, index) => ({ ...item, position: BigInt(index + 1) }));
}

async function rebuilt(all: readonly TableItem[], size: number, keys?: DataKeys): Promise<void> {
  const pools = [1, 2].map(() => rowsPool(database.url, rebuildConnectionSettings));
  const [filling, copying] = pools as [(typeof pools)[0], (typeof pools)[0]];
  await rebuildTables(database.pool, {
    fill: async () => {
      const loader = new BulkLoader(filling, copying, keys, 'all');
      for (let from = 0; from < all.length; from += size) await loader.write(all.slice(from, from + size));
      await loader.finish();
    },
    reach: () => Promise.resolve(1n),
  });
  await Promise.all(pools.map((pool) => pool.end()));
}

/** Which events each session has of each correlation. Deleted events are not told apart. */
async function correlations(): Promise<unknown[]> {
  const { rows } = await database.pool.query<object>(
    'SELECT session_id, correlation, last_revision FROM event_correlation ORDER BY 1, 2',
  );
  return rows;
}

test.each([
  ['plain', 7, undefined],
  ['plain', 50, undefined],
  ['plain', 10_000, undefined],
  ['sealed', 40, testDataKeys(new MemoryKeyStore())],
])('%s tables filled in chunks of %d equal those written live', async (_, size, keys) => {
  const all = items(30);
  const tables = await TablesWriter.create(database.pool, keys, 'all');
  await tables.writeItems(all);
  const live = await digestTables(database.pool, keys);
  const found = await correlations();
  expect(live.conversation_turn.rows).toBeGreaterThan(100);
  expect(found.length).toBeGreaterThan(100);
  await rebuilt(all, size, keys);
  expect(await correlations()).toEqual(found);
  expect(await digestTables(database.pool, keys)).toEqual(live);
});
