/** A process that writes the exports that wait, or ends as by `kill -9` after so many rows; it tells its peak memory. */
import { ExportRunner } from '#read-models';
import { testPool } from '../../../libs/platform/src/testing/test-services.ts';
import { runnerPorts } from '../../../libs/read-models/src/exports/test-exports.ts';

const { EXPORT_DATABASE = '', EXPORT_FOLDER = '', EXPORT_PART_ROWS = '', EXPORT_DIES_AFTER } = process.env;
const diesAfter = Number(EXPORT_DIES_AFTER ?? Infinity);
let rows = 0;

function tellMemory(): Promise<void> {
  return new Promise((resolve) => {
    process.send?.({ peakMib: process.resourceUsage().maxRSS / 1_024 }, () => resolve());
  });
}

const pool = testPool(EXPORT_DATABASE);
const ports = runnerPorts(pool, EXPORT_FOLDER, {
  owner: String(process.pid),
  leaseMs: 1_000,
  limits: { rows: Number(EXPORT_PART_ROWS) },
  masks: {
    turn: (row) => {
      if ((rows += 1) === diesAfter) {
        void tellMemory();
        process.kill(process.pid, 'SIGKILL');
      }
      return row;
    },
    event: (event) => event,
  },
});
const { signal } = new AbortController();
// An owner that died has its lease for a moment.
while ((await new ExportRunner(ports).round(signal)) === 0)
  await new Promise((done) => setTimeout(done, 200));
await tellMemory();
process.exit(0);
