/**
 * `npm run bench`: measures the api beside its bare backing services in one run, on the system of TURNSTREAM_URL and
 * the variables of its backing services, or else on a private one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, runProgram } from '../tools/shared/failure.ts';
import { withClients } from './backing-services.ts';
import type { Bytes } from './bytes.ts';
import { areSmall, bytesTable, fullBytes, measureBytes, quickBytes } from './bytes.ts';
import type { CommandCost } from './command-cost.ts';
import { measureCommandCost } from './command-cost.ts';
import { costTable } from './cost-table.ts';
import { canMeasureCpu } from '../tools/shared/cpu-time.ts';
import type { Latencies } from './latency.ts';
import { fullLatency, isFast, latencyTable, measureLatencies, quickLatency } from './latency.ts';
import type { Overload } from './overload.ts';
import { fullOverload, measureOverload, quickOverload } from './overload.ts';
import type { PeersResult } from './peers.ts';
import { areAhead, fullPeers, measurePeers, peersTable, quickPeers } from './peers.ts';
import type { PrivacyCost } from './privacy.ts';
import { fullPrivacy, measurePrivacy, privacyTable, privacyTarget, quickPrivacy } from './privacy.ts';
import type { RebuildSpeed } from './rebuild.ts';
import { fullRebuild, measureRebuild, quickRebuild, rebuildTarget } from './rebuild.ts';
import type { Results } from './run.ts';
import { benchPrivateSystem, fullSize, quickSize, runBench } from './run.ts';
import { overloadTable, table } from './table.ts';

const usage = `usage: npm run bench -- [options]
  --quick          fewer rounds and shorter conversations
  --cpu, cpu       only the CPU time of a command and of a context read, by process and stage, beside bare programs
  --overload       only goodput and latency by offered load, from a quarter to four times the capacity
  --privacy        only the cost of encryption: CPU time with it and without, of a command and of a context read; and time of a command
  --rebuild        only the rebuild of the tables from the streams, beside a COPY of the same turns
  --lag            only how fast contexts and rows follow, and answers reach an agent, at half load
  --bytes          only the bytes of a turn in each store, with encryption, beside the WAL of a bare INSERT of it
  --peers          only turns, reads and bytes beside Emmett and LangGraph on PostgreSQL, whose packages it installs first
  --json <file>    also writes the results as JSON`;

await runProgram(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      cpu: { type: 'boolean', default: false },
      overload: { type: 'boolean', default: false },
      privacy: { type: 'boolean', default: false },
      rebuild: { type: 'boolean', default: false },
      bytes: { type: 'boolean', default: false },
      lag: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const size = values.quick ? quickSize : fullSize;
  const api = process.env['TURNSTREAM_URL'];
  const other = positionals.find((word) => word !== 'cpu');
  if (other !== undefined) throw new Failure(`There is no benchmark ${other}.`);
  if (values.cpu || positionals.length > 0) {
    if (api !== undefined) throw new Failure('--cpu needs a private system: unset TURNSTREAM_URL.');
    if (!canMeasureCpu) throw new Failure('--cpu reads /proc, which this machine does not have: use Linux.');
    const cost = await measureCommandCost(size.cpuCommands, report);
    console.log(`\n${costTable(cost)}`);
    if (values.json !== undefined) writeJson(values.json, cost);
    return;
  }
  if (values.privacy) {
    if (api !== undefined) throw new Failure('--privacy needs private systems: unset TURNSTREAM_URL.');
    const cost = await measurePrivacy(values.quick ? quickPrivacy : fullPrivacy, report);
    console.log(`\n${privacyTable(cost)}`);
    if (values.json !== undefined) writeJson(values.json, cost);
    if (Math.max(cost.turn.ratio, cost.read.ratio) > privacyTarget) process.exitCode = 1;
    return;
  }
  if (values.rebuild) {
    if (api !== undefined) throw new Failure('--rebuild needs private services: unset TURNSTREAM_URL.');
    const speed = await measureRebuild(values.quick ? quickRebuild : fullRebuild, report);
    console.log(`\nA rebuild reaches ${speed.ratio.toFixed(2)} of a COPY (target ${rebuildTarget}).`);
    if (values.json !== undefined) writeJson(values.json, speed);
    if (speed.ratio < rebuildTarget || !speed.identical) process.exitCode = 1;
    return;
  }
  if (values.lag) {
    if (api !== undefined) throw new Failure('--lag needs a private system: unset TURNSTREAM_URL.');
    const latencies = await measureLatencies(values.quick ? quickLatency : fullLatency, report);
    console.log(`\n${latencyTable(latencies)}`);
    if (values.json !== undefined) writeJson(values.json, latencies);
    if (!isFast(latencies)) process.exitCode = 1;
    return;
  }
  if (values.bytes) {
    if (api !== undefined) throw new Failure('--bytes needs a private system: unset TURNSTREAM_URL.');
    const bytes = await measureBytes(values.quick ? quickBytes : fullBytes, report);
    console.log(`\n${bytesTable(bytes)}`);
    if (values.json !== undefined) writeJson(values.json, bytes);
    if (!areSmall(bytes)) process.exitCode = 1;
    return;
  }
  if (values.peers) {
    if (api !== undefined) throw new Failure('--peers needs a private system: unset TURNSTREAM_URL.');
    const result = await measurePeers(values.quick ? quickPeers : fullPeers, report);
    console.log(`\n${peersTable(result)}`);
    if (values.json !== undefined) writeJson(values.json, result);
    if (!areAhead(result)) process.exitCode = 1;
    return;
  }
  if (values.overload) {
    if (api !== undefined) throw new Failure('--overload needs a private system: unset TURNSTREAM_URL.');
    const overload = await measureOverload(values.quick ? quickOverload : fullOverload, report);
    console.log(`\n${overloadTable(overload)}`);
    if (values.json !== undefined) writeJson(values.json, overload);
    return;
  }
  const results =
    api === undefined
      ? await benchPrivateSystem(size, report)
      : await withClients({ api, env: process.env }, (clients) => runBench(clients, size, report));
  console.log(`\n${table(results)}`);
  if (values.json !== undefined) writeJson(values.json, results);
}, usage);

function report(text: string): void {
  console.log(`  ${text}`);
}

function writeJson(
  file: string,
  results: Results | CommandCost | Overload | PrivacyCost | RebuildSpeed | Bytes | Latencies | PeersResult,
): void {
  mkdirSync(dirname(file), { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  writeFileSync(file, `${JSON.stringify({ machine, ...results }, null, 2)}\n`);
  console.log(`\nWrote ${file}.`);
}
