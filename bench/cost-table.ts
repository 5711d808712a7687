import type { CommandCost } from './command-cost.ts';
import { program } from './command-cost.ts';
import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { totalOf } from '../tools/shared/cpu-time.ts';

/** The minimum share of a process's time that is shown as a separate stage. */
const leastShare = 0.005;

/** The costs as tables, in µs of CPU. */
export function costTable({ checked, open, bare, stages }: CommandCost): string {
  const columns = [checked.command, open.command, checked.read, open.read];
  const append = partOf(bare.append, program, 'event-store');
  const lines = [
    row('CPU in µs of', ['a command', '(open)', 'a read', '(open)']),
    ...Object.keys(checked.command).map((name) =>
      row(
        `  ${name}`,
        columns.map((cpu) => cpu[name] ?? 0),
      ),
    ),
    row('  all', columns.map(totalOf)),
    '(open): without encryption and access checks',
    '',
    row('bare client append, its event store', [bare.append[program] ?? 0, bare.append['event-store'] ?? 0]),
    row('bare pooled INSERT, its PostgreSQL', [bare.insert[program] ?? 0, bare.insert['postgres'] ?? 0]),
    row('bare Fastify, POST of a turn', [bare.post[program] ?? 0]),
    row('bare Fastify and HMGET, its Valkey', [bare.read[program] ?? 0, bare.read['valkey'] ?? 0]),
    '',
    row('command, of a bare client append', [times(totalOf(checked.command), append)]),
    row('its api, of bare Fastify', [times(checked.command['api'], bare.post[program])]),
    row('api of a read, of bare Fastify and HMGET', [times(checked.read['api'], bare.read[program])]),
  ];
  const parts = Object.entries(stages.command).flatMap(([name, cpu]) => stageLines('command', name, cpu));
  parts.push(...stageLines('read', 'api', stages.read['api'] ?? {}));
  return [...lines, ...parts].join('\n');
}

function stageLines(call: string, name: string, cpu: CpuPerCommand): string[] {
  const total = totalOf(cpu);
  const shown = Object.entries(cpu).filter(([, micros]) => micros >= total * leastShare);
  return ['', `${call}: ${name}`, ...shown.map(([stage, micros]) => row(`  ${stage}`, [micros.toFixed(1)]))];
}

function partOf(cpu: CpuPerCommand, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (cpu[name] ?? 0), 0);
}

function times(one = NaN, other = NaN): string {
  return `${(one / other).toFixed(2)} times`;
}

function row(name: string, cells: readonly (string | number)[]): string {
  return `${name.padEnd(42)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
}
