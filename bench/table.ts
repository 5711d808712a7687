import type { Latency } from '../tools/shared/statistics.ts';
import type { CpuPerCommand } from './cpu.ts';
import type { Line, Results } from './run.ts';

/** The results as a table for people. */
export function table({ lines, lag, cpu }: Results): string {
  const head = row(['', 'in flight', 'a second', 'p50 ms', 'p99 ms', 'ratio']);
  const body = lines.map((line) =>
    row([
      line.name,
      String(line.in_flight),
      line.per_second.toLocaleString('en'),
      line.p50_ms.toFixed(2),
      line.p99_ms.toFixed(2),
      ratioOf(line),
    ]),
  );
  const times: [string, Latency][] = [
    ['answer to a command', lag.acknowledged],
    ['acknowledgement to context', lag.context],
    ['acknowledgement to row', lag.row],
  ];
  const lags = times.map(([name, { samples, p50, p99 }]) =>
    row([
      `${name} at ${lag.per_second}/s`,
      '',
      '',
      p50.toFixed(2),
      p99.toFixed(2),
      `${samples.toLocaleString('en')} samples`,
    ]),
  );
  return [head, ...body, '', ...lags, ...(cpu === undefined ? [] : ['', cpuTable(cpu)])].join('\n');
}

/** CPU time of a command, a line a process. */
export function cpuTable(cpu: CpuPerCommand): string {
  const total = Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
  const rows = [...Object.entries(cpu), ['all', total] as const];
  return rows.map(([name, micros]) => `${`CPU of a command, ${name}`.padEnd(38)}${micros} µs`).join('\n');
}

function ratioOf({ ratio }: Line): string {
  return ratio === undefined ? '' : `${ratio.value.toFixed(2)} of ${ratio.to}`;
}

function row([name = '', ...cells]: readonly string[]): string {
  const last = cells.pop() ?? '';
  return `${name.padEnd(38)}${cells.map((cell) => cell.padStart(11)).join('')}  ${last}`.trimEnd();
}
