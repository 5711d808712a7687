import { beforeAll, describe, expect, test } from '@jest/globals';
import { countTurns } from '../../tools/import/conversation.ts';
import { generatedDialogues } from '../scenarios/foundation/dialogues.ts';
import type { RestoredBackups } from '../scenarios/foundation/restore.ts';
import { restoreBackups } from '../scenarios/foundation/restore.ts';
import type { System } from '../scenarios/system.ts';

/** Restores backups that were taken under load at different times, that of the event store first. Every app is killed. */
export function describeRestore(system: () => System): void {
  const conversations = generatedDialogues('restore-', 24, 5);
  describe('after backups of different times were restored', () => {
    let result: RestoredBackups;
    beforeAll(async () => {
      result = await restoreBackups(system(), conversations);
    });

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
  });
}
