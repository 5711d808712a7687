import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { listDrift } from '#read-models';
import { EventCodec } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { compareStandby, shadow } from '../rebuild/shadow.ts';
import { rebuild } from '../rebuild/tables.ts';
import { ProjectorHarness, rowsPool, turn } from '../test-harness.ts';

const keys = testDataKeys(new MemoryKeyStore());
const drift = { perMinute: 60_000, confirmMs: 1 } as const;

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create(keys);
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

test('sealed rows and contexts are compared decrypted', async () => {
  const { metrics } = await harness.start({
    drift,
    keys,
    textSearch: 'partner',
    codec: new EventCodec(undefined, keys),
  });
  const [id = ''] = await harness.sessions(1);
  const said = { message_text: 'CANARY', extracted_entities: { order_id: 'ORD9823' } };
  await harness.send(id, turn(randomUUID(), said));
  await harness.rowsSettled(id);
  const equal = /turnstream_drift_checks_total\{result="equal",app="test"\} ([5-9]|\d\d)/;
  await waitUntil(async () => equal.test(await metrics.registry.metrics()), { what: 'some checks' });
  expect(await listDrift(harness.pool)).toEqual([]);
  await harness.pool.query("UPDATE conversation_turn SET message_text = 'CANARY 2'");
  await harness.pool.query('DELETE FROM turn_entity');
  await harness.pool.query('DELETE FROM turn_word');
  await harness.redis.hset(`ctx:{${id}}`, 'turns', 'v1.no.seal');
  await waitUntil(async () => (await listDrift(harness.pool)).length === 4, { what: 'the differences' });
  const found = await listDrift(harness.pool);
  expect(found.map(({ kind, problem }) => `${kind} ${problem}`).sort()).toEqual([
    'context unreadable',
    'entity missing',
    'turn changed',
    'word missing',
  ]);
  expect(JSON.stringify(found)).not.toContain('CANARY');
});

test('sealed tables are built beside those in use, and compared decrypted', async () => {
  const pool = (settings = 'SELECT 1') => rowsPool(harness.database.url, settings);
  const textSearch = 'partner';
  const options = { store: harness.store, keys, pool, textSearch } as const;
  await harness.start({ keys, textSearch, codec: new EventCodec(undefined, keys) });
  const [id = ''] = await harness.sessions(1);
  await harness.send(id, turn(randomUUID(), { message_text: 'CANARY', message_id: 'wamid.1' }));
  await harness.rowsSettled(id);
  await rebuild(options);
  await shadow(options);
  expect(await compareStandby(options)).toMatchObject({ different: 0, moved: [] });
  await harness.pool.query("UPDATE conversation_turn SET message_id = 'wamid.2' WHERE session_id = $1", [id]);
  expect(await compareStandby(options)).toMatchObject({ different: 1, kinds: { 'turn.message_id': 1 } });
  await harness.pool.query("UPDATE turn_word SET word = 'x' WHERE session_id = $1", [id]);
  expect(await compareStandby(options)).toMatchObject({ kinds: { 'word missing': 1, 'word extra': 1 } });
});
