/** `npm run scale-model`: the resources for a number of partners, from measured costs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared/paths.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import type { Assumptions, Costs } from './model.ts';
import { sizeOf, usual } from './model.ts';

const flags = {
  partners: 'partners',
  'active-share': 'activeShare',
  'sessions-a-day': 'sessionsADay',
  'turns-a-session': 'turnsASession',
  'reads-a-turn': 'readsATurn',
  'peak-factor': 'peakFactor',
  'agents-a-thousand': 'agentsAThousand',
  'retention-days': 'retentionDays',
  'kafka-days': 'kafkaDays',
  'context-hours': 'contextHours',
  replication: 'replication',
  utilisation: 'utilisation',
  'cores-a-node': 'coresANode',
} as const satisfies Record<string, keyof Assumptions>;
const companies = [100_000, 1_000_000, 10_000_000, 100_000_000];
const usage = `usage: npm run scale-model -- [--costs docs/costs.json] ${Object.entries(flags)
  .map(([flag, name]) => `[--${flag} ${usual[name]}]`)
  .join(' ')}
Without --partners: for ${companies.map((partners) => partners.toLocaleString('en')).join(', ')}.`;

const whole = (value: number): string => Math.ceil(value).toLocaleString('en');

await runProgram(async () => {
  const options = Object.fromEntries(
    [...Object.keys(flags), 'costs'].map((flag) => [flag, { type: 'string' }]),
  );
  const { values } = parseOptions(options as Record<string, { type: 'string' }>);
  const costs = JSON.parse(readFileSync(values['costs'] ?? join(root, 'docs/costs.json'), 'utf8')) as Costs;
  const given = Object.entries(flags).flatMap(([flag, name]) => {
    const text = values[flag];
    if (text === undefined) return [];
    if (!(Number(text) > 0)) throw new Failure(usage);
    return [[name, Number(text)]];
  });
  const assumed: Assumptions = { ...usual, ...Object.fromEntries(given) };
  for (const partners of values['partners'] === undefined ? companies : [assumed.partners])
    print({ ...assumed, partners }, costs);
}, usage);

function print(assumed: Assumptions, costs: Costs): void {
  const { load, cells, partitions, clusters } = sizeOf(assumed, costs);
  console.log(
    `\n${whole(assumed.partners)} partners: in the busiest hour ${whole(load.commandsASecond)} commands and ` +
      `${whole(load.readsASecond)} reads a second, ${whole(load.liveAgents)} live agents; ${whole(load.eventsADay)} events a day\n` +
      `${cells} ${cells === 1 ? 'cell' : 'cells'} of ${partitions} partitions; of all cells together:\n`,
  );
  const header = ['', 'cores', 'nodes', 'memory GiB', 'disk GiB'];
  const rows = clusters.map((size) => [
    size.cluster,
    size.cores < 10 ? size.cores.toFixed(2) : whole(size.cores),
    whole(size.nodes),
    whole(size.memoryGib),
    whole(size.diskGib),
  ]);
  for (const row of [header, ...rows])
    console.log(row.map((cell, n) => (n === 0 ? cell.padEnd(12) : cell.padStart(12))).join(''));
}
