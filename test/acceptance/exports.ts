import { exportFormats } from '#read-models';
import { testPool } from '../../libs/platform/src/testing/test-services.ts';
import { addTurns } from '../../libs/read-models/src/exports/test-exports.ts';
import { exportTurns } from '../scenarios/exports/export-turns.ts';
import { keysIn, sealTurns } from '../scenarios/exports/seal-turns.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const rows = 1_000_000;

/**
 * `npm run prove -- exports`: a million sealed turns in each format, interrupted in the middle, resumed, and read by other
 * programs.
 */
export async function runExports(report: Report): Promise<void> {
  // The nodes of the system do not write exports themselves.
  await withOwnSystem(
    async ({ env, dir }) => {
      const url = env['DATABASE_URL'] ?? '';
      const pool = testPool(url);
      const { env: keyEnv, keys, close } = keysIn(dir);
      try {
        report.begin(`${rows} turns are generated and sealed`);
        await addTurns(pool, rows, 'मेरा "भुगतान",\nकहाँ है? 🚚 ');
        await sealTurns(pool, keys);
        for (const format of exportFormats) {
          report.begin(
            `They are exported as ${format}; half way the process is killed, and another one goes on`,
          );
          const facts = await exportTurns({ url, pool, format, rows, partRows: 50_000, keys: keyEnv });
          report.equal('rows that the manifest names', facts.manifest.rows, rows);
          report.equal('rows that another program reads', facts.sums.rows, rows);
          report.equal('turns among them', facts.sums.turns, rows);
          report.equal('sum of a number in the entities', facts.sums.entities, (rows * (rows - 1)) / 2);
          report.atLeast('files that were complete before', facts.filesBefore, 9);
          report.none('of them are not as they were', facts.changed);
          report.atMost('MiB resident', facts.peakMib, 200);
          report.note(`${Math.round(facts.rowsPerSecond)} rows a second`);
        }
      } finally {
        await close();
        await pool.end();
      }
    },
    { EXPORT_WORKER: 'off' },
  );
}
