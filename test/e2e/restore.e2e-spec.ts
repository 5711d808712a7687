import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countTurns } from '../../tools/import/conversation.ts';
import { generatedDialogues } from '../scenarios/foundation/dialogues.ts';
import type { RestoredBackups } from '../scenarios/foundation/restore.ts';
import { restoreBackups } from '../scenarios/foundation/restore.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import type { System } from '../scenarios/system.ts';
import { withOwnSystem } from '../scenarios/system.ts';

/** Restores backups that were taken under load at different times, that of the event store first. */
const conversations = generatedDialogues('restore-', 24, 5);
const held = holdOpen<System>((work) => withOwnSystem(work, {}, false, 1));
let result: RestoredBackups;
beforeAll(async () => {
  result = await restoreBackups(await held.open(), conversations);
});
afterAll(() => held.close());

test('a command that the event store has kept is repeated', () => {
  expect(result.again.repeated).toBeGreaterThan(0);
});

test('a command that the event store has lost is recorded again, even if caches and tables know it', () => {
  expect(result.again.events).toBeGreaterThan(0);
});

test('a row is there for each turn after a rebuild', () => {
  expect(result.readModels.rows).toBe(countTurns(conversations));
});

test('streams, rows and contexts do not differ', () => {
  expect(result.readModels.differences).toEqual([]);
});
