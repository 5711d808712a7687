import { expect, test } from '@jest/globals';
import { KeyStoreUnavailableError } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { Script, startSession, turn } from '../test-support.ts';
import { rowChange } from './changes.ts';
import type { TurnRow } from './rows.ts';
import { openTurns, sealedColumns } from './sealed-columns.ts';

class UnavailableKeyStore extends MemoryKeyStore {
  override async byId(): Promise<never> {
    throw new KeyStoreUnavailableError();
  }
}

const script = new Script();
script.request(startSession);
const turnId = 'a7b04f5c-6fd6-4b93-a4b5-7a5a0f3c9a11';
const entities = { order_id: 'ORD-1', items: ['a'] };

function rowOf(fields: { extracted_entities?: object; message_id?: string | null }): TurnRow {
  const [event] = script.request(turn(turnId, { message_text: 'Where is it?', ...fields } as never));
  const row = event && rowChange(script.sessionId, event).turn;
  if (row === undefined) throw new Error('no row');
  return row;
}

async function stored(row: TurnRow, together: boolean, keys = testDataKeys()) {
  const own = sealedColumns(await keys.of('P1'), row, together);
  return { keys, turn: { ...row, ...own } as Parameters<typeof openTurns>[1][number] };
}

const contents = [
  ['text', {}],
  ['text and entities', { extracted_entities: entities }],
  ['text and message id', { message_id: 'wamid.1' }],
  ['text, entities and message id', { extracted_entities: entities, message_id: 'wamid.1' }],
] as const;

test.each(
  contents.flatMap(([name, fields]) => [true, false].map((together) => [name, together, fields] as const)),
)('sealed columns open: %s, together: %s', async (_, together, fields) => {
  const row = rowOf(fields);
  const { keys, turn: sealed } = await stored(row, together);
  expect(JSON.stringify(sealed)).not.toMatch(/Where is it|ORD-1|wamid/);
  expect(await openTurns(keys, [sealed])).toEqual([row]);
});

test('columns that are sealed as one take one cipher', async () => {
  const { turn: sealed } = await stored(rowOf({ extracted_entities: entities, message_id: 'wamid.1' }), true);
  expect(sealed).toMatchObject({ extracted_entities: '', message_id: '' });
  expect(sealed.message_text).toMatch(/^A256GCM\.[0-9a-f-]{36}\.tot\./);
});

test('columns that are sealed as one do not open in another turn or as others', async () => {
  const { keys, turn: sealed } = await stored(
    rowOf({ extracted_entities: entities, message_id: 'wamid.1' }),
    true,
  );
  const unreadable = { message_text: '[unreadable]', extracted_entities: {}, message_id: '[unreadable]' };
  const moved = { ...sealed, turn_id: 'b7b04f5c-6fd6-4b93-a4b5-7a5a0f3c9a11' };
  const renamed = { ...sealed, message_text: sealed.message_text.replace('.tot.', '.tto.') };
  expect(await openTurns(keys, [moved, renamed])).toMatchObject([unreadable, unreadable]);
});

test('a column that is sealed with the text cannot be replaced beside it', async () => {
  const row = rowOf({ extracted_entities: entities, message_id: 'wamid.1' });
  const { keys, turn: sealed } = await stored(row, true);
  const forged = { ...sealed, extracted_entities: { order_id: 'ORD-2' }, message_id: 'wamid.2' };
  expect(await openTurns(keys, [forged])).toMatchObject([
    { extracted_entities: entities, message_id: 'wamid.1' },
  ]);
});

test('a column that was not selected stays left out', async () => {
  const { keys, turn: sealed } = await stored(rowOf({ message_id: 'wamid.1' }), true);
  const { message_id: _, ...selected } = sealed;
  const [opened] = await openTurns(keys, [selected]);
  expect(opened).toMatchObject({ message_text: 'Where is it?' });
  expect(opened).not.toHaveProperty('message_id');
});

test('after an erasure each column that was sealed as one has its placeholder', async () => {
  const keys = testDataKeys(new MemoryKeyStore());
  const { turn: sealed } = await stored(
    rowOf({ extracted_entities: entities, message_id: 'wamid.1' }),
    true,
    keys,
  );
  await keys.beginErasure({ partner_id: 'P1', receipt_id: 'R1', erased_at: '2026-10-01T00:00:00.000Z' });
  await keys.destroy('P1', '2100-01-01T00:00:00.000Z');
  expect(await openTurns(keys, [sealed])).toMatchObject([
    { message_text: '[erased]', extracted_entities: {}, message_id: '[erased]' },
  ]);
});

test.each([true, false])(
  'without the key store each of two sealed columns fails once, together: %s',
  async (together) => {
    const { turn: sealed } = await stored(rowOf({ extracted_entities: entities }), together);
    const rejections: unknown[] = [];
    const onRejection = (error: unknown): unknown => rejections.push(error);
    process.on('unhandledRejection', onRejection);
    try {
      const keys = testDataKeys(new UnavailableKeyStore());
      const reply = { ...sealed, response_text: sealed.message_text };
      await expect(openTurns(keys, [reply])).rejects.toBeInstanceOf(KeyStoreUnavailableError);
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.off('unhandledRejection', onRejection);
    }
    expect(rejections).toEqual([]);
  },
);
