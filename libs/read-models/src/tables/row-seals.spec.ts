import { expect, test } from '@jest/globals';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { Script, startSession, turn } from '../test-support.ts';
import { rowChange } from './changes.ts';
import { RowSeals } from './row-seals.ts';

const script = new Script();
const changes = [
  ...script.request(startSession),
  ...script.request(
    turn('a7b04f5c-6fd6-4b93-a4b5-7a5a0f3c9a11', { extracted_entities: { order_id: 'CANARY' } }),
  ),
].map((event) => rowChange(script.sessionId, event));
const noRows = { query: async () => ({ rows: [] }) } as unknown as ConstructorParameters<typeof RowSeals>[0];

test('with keys no plain references are written', async () => {
  expect(JSON.stringify(changes)).toContain('CANARY');
  expect(JSON.stringify(await new RowSeals(noRows, testDataKeys(), 'off').seal(changes))).not.toContain(
    'CANARY',
  );
});

test('without keys rows stay plain', async () => {
  expect(await new RowSeals(noRows, undefined, 'off').seal(changes)).toBe(changes);
});

test('fully erased turns create no key', async () => {
  const store = new MemoryKeyStore();
  const text = '[erased]';
  const erased = script
    .request(turn('b7b04f5c-6fd6-4b93-a4b5-7a5a0f3c9a11', { message_text: text }))
    .map((event) => ({ ...rowChange(script.sessionId, event), partner_id: 'P1' }));
  expect(await new RowSeals(noRows, testDataKeys(store), 'off').seal(erased)).toMatchObject([
    { turn: { message_text: text, extracted_entities: {} } },
  ]);
  expect([...store.keys.values()]).toEqual([]);
});

test('no value of a partner who was erased stays in memory', async () => {
  const keys = testDataKeys();
  await keys.of('P1');
  await keys.beginErasure({ partner_id: 'P1', receipt_id: 'R1', erased_at: '2026-10-01T00:00:00.000Z' });
  await keys.destroy('P1', '2100-01-01T00:00:00.000Z');
  keys.indexes.set('CANARY', 'made of events that were read before');
  await new RowSeals(noRows, keys, 'off').seal(changes);
  expect(keys.indexes.size).toBe(0);
});
