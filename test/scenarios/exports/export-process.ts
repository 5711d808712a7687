/**
 * A process that writes the waiting exports, or dies as by `kill -9` after a number of rows; it reports its peak
 * memory.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createLogger, createPool } from '#platform';
import { ExportFiles, ExportRunner } from '#read-models';
import { EventStore } from '#sessions';
import { openKeys } from '../../../tools/shared/data-keys.ts';

const { EXPORT_DATABASE = '', EXPORT_FOLDER = '', EXPORT_PART_ROWS = '', EXPORT_DIES_AFTER } = process.env;
const diesAfter = Number(EXPORT_DIES_AFTER ?? Infinity);
let rows = 0;

/**
 * The maximum resident memory, in MiB. Node's figure includes the memory of the parent at the start, so it is read
 * from Linux.
 */
function peakMib(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1_024;
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

function tellMemory(): Promise<void> {
  return new Promise((resolve) => {
    process.send?.({ peakMib: peakMib() }, () => resolve());
  });
}

const logger = createLogger('exports', 'silent');
const runner = new ExportRunner({
  pool: createPool(EXPORT_DATABASE, { logger, max: 3 }),
  // Turns need no event store.
  store: new EventStore('esdb://127.0.0.1:2113?tls=false'),
  keys: openKeys()?.keys,
  files: new ExportFiles(EXPORT_FOLDER),
  accessLog: { record: async () => undefined },
  logger,
  owner: String(process.pid),
  leaseMs: 1_000,
  keepS: 3_600,
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
// A dead owner keeps its lease for a moment.
while ((await runner.round(signal)) === 0) await setTimeout(200);
await tellMemory();
process.exit(0);
