import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { listDrift } from '#read-models';
import { EventCodec } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { ProjectorHarness, turn } from '../test-harness.ts';

const keys = testDataKeys(new MemoryKeyStore());
const drift = { perMinute: 60_000, confirmMs: 1 } as const;

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create(11, keys);
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

test('sealed rows and contexts are compared as they open', async () => {
  const { metrics } = await harness.start({ drift, keys, codec: new EventCodec(undefined, keys) });
  const [id = ''] = await harness.sessions(1);
  const said = { message_text: 'CANARY', extracted_entities: { order_id: 'ORD9823' } };
  await harness.send(id, turn(randomUUID(), said));
  await harness.rowsSettled(id);
  const equal = /turnstream_drift_checks_total\{result="equal",app="test"\} ([5-9]|\d\d)/;
  await waitUntil(async () => equal.test(await metrics.registry.metrics()), { what: 'some checks' });
  expect(await listDrift(harness.pool)).toEqual([]);
  await harness.pool.query("UPDATE conversation_turn SET message_text = 'CANARY 2'");
  await harness.pool.query('DELETE FROM turn_entity');
  await harness.redis.hset(`ctx:{${id}}`, 'recent_turns', 'v1.no.seal');
  await waitUntil(async () => (await listDrift(harness.pool)).length === 3, { what: 'the differences' });
  const found = await listDrift(harness.pool);
  expect(found.map(({ kind, problem }) => `${kind} ${problem}`).sort()).toEqual([
    'context unreadable',
    'entity missing',
    'turn changed',
  ]);
  expect(JSON.stringify(found)).not.toContain('CANARY');
});
