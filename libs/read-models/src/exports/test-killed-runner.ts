/** A program for specs: writes the waiting export, and kills itself in the middle of its third file. */
import { testPool } from '../../../platform/src/testing/test-services.ts';
import { ExportRunner } from './runner.ts';
import { runnerPorts } from './test-exports.ts';

const { TEST_DATABASE: database = '', TEST_FOLDER: folder = '' } = process.env;
const diesAt = 2_500;
let rows = 0;
const ports = runnerPorts(testPool(database), folder, {
  owner: 'killed',
  masks: {
    turn: (row) => {
      if ((rows += 1) === diesAt) process.kill(process.pid, 'SIGKILL');
      return row;
    },
    event: (event) => event,
  },
});
await new ExportRunner(ports).round(new AbortController().signal);
