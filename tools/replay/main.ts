/** `npm run replay`: replays the stored streams with other code. */
import { writeFile } from 'node:fs/promises';
import { runProgram } from '../shared/failure.ts';
import { replayOptions, usage } from './options.ts';
import { replay } from './run.ts';
import { exitCodes, outcomeOf } from './summary.ts';

/** A report may hold personal values: readable by the current user only. */
const fileMode = 0o600;

await runProgram(
  async () => {
    const options = replayOptions();
    const started_at = new Date().toISOString();
    const report = await replay(options, console.log);
    const { with: code, json, session, until } = options;
    const outcome = outcomeOf(report);
    const head = { outcome, with: code, session, until, started_at, finished_at: new Date().toISOString() };
    if (json !== undefined)
      await writeFile(json, `${JSON.stringify({ ...head, ...report }, null, 2)}\n`, { mode: fileMode });
    process.exitCode = exitCodes[outcome];
  },
  usage,
  exitCodes.faults,
);
