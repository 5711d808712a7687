/**
 * `npm run bench`: what the api costs, beside the bare engines, in one run. On the system of TURNSTREAM_URL and its
 * engines' variables, else on a private one. `--quick`: a glance; `--json <file>`: the results for programs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { withSystem } from '#launcher';
import { Failure, runProgram } from '../tools/shared/failure.ts';
import type { Target } from './engines.ts';
import { withConnections } from './engines.ts';
import type { Results } from './run.ts';
import { fullSize, quickSize, runBench } from './run.ts';
import { table } from './table.ts';

await runProgram(async () => {
  const { quick, json } = options();
  const size = quick ? quickSize : fullSize;
  const bench = (target: Target): Promise<Results> =>
    withConnections(target, (engines) => runBench(engines, size, (text) => console.log(`  ${text}`)));
  const api = process.env['TURNSTREAM_URL'];
  const results =
    api === undefined
      ? await withSystem({}, ({ apis: [own = ''], env }) => bench({ api: own, env }))
      : await bench({ api, env: process.env });
  console.log(`\n${table(results)}`);
  if (json === undefined) return;
  mkdirSync(dirname(json), { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  writeFileSync(json, `${JSON.stringify({ machine, ...results }, null, 2)}\n`);
  console.log(`\n${json} is written.`);
});

function options(): { quick: boolean; json: string | undefined } {
  try {
    const { values } = parseArgs({
      options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
    });
    return { quick: values.quick, json: values.json };
  } catch (error) {
    throw new Failure(`${(error as Error).message}; usage: npm run bench -- [--quick] [--json <file>]`);
  }
}
