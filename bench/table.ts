import type { Latency } from '../tools/shared/statistics.ts';
import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { totalOf } from '../tools/shared/cpu-time.ts';
import type { Overload } from './overload.ts';
import { target } from './overload.ts';
import { latencyTargets } from './lag.ts';
import type { Line, Results } from './run.ts';

/** The results as a table. */
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
  const lags = lagLines(lag);
  return [head, ...body, '', ...lags, ...(cpu === undefined ? [] : ['', cpuTable(cpu)])].join('\n');
}

/** Latencies, one per line; that of contexts also as a ratio. */
export function lagLines({ per_second, ...lag }: Results['lag']): string[] {
  const times: [string, Latency][] = [
    ['answer to a command', lag.acknowledged],
    ['acknowledgement to context', lag.context],
    ['acknowledgement to a bare SET', lag.bare],
    ['acknowledgement to row', lag.row],
  ];
  const ratio = lag.context.p99 / lag.bare.p99;
  return [
    ...times.map(([name, latency]) => latencyLine(`${name} at ${Math.round(per_second)}/s`, latency)),
    `p99 to context: ${ratio.toFixed(2)} of the bare transport (target ${latencyTargets.ratio})`,
  ];
}

export function latencyLine(name: string, { samples, p50, p99 }: Latency): string {
  return row([name, '', '', p50.toFixed(2), p99.toFixed(2), `${samples.toLocaleString('en')} samples`]);
}

/** CPU time of a command, one line per process. */
export function cpuTable(cpu: CpuPerCommand): string {
  const rows = [...Object.entries(cpu), ['all', totalOf(cpu)] as const];
  return rows.map(([name, micros]) => `${`CPU of a command, ${name}`.padEnd(38)}${micros} µs`).join('\n');
}

/** Goodput and latency by offered load. */
export function overloadTable({ capacity, points, ratio, p99_at_2 }: Overload): string {
  const head = row(['offered', 'a second', 'goodput', 'p50 ms', 'p99 ms', 'late ms', 'refused, failed']);
  const body = points.map(({ load, offered, goodput, p50_ms, p99_ms, refused, failed, ...late }) =>
    row([
      `${load} times the capacity`,
      Math.round(offered).toLocaleString('en'),
      Math.round(goodput).toLocaleString('en'),
      p50_ms.toFixed(1),
      p99_ms.toFixed(1),
      `${Math.round(late.api_p99_ms)}, ${Math.round(late.own_p99_ms)}`,
      `${refused.toLocaleString('en')}, ${failed}`,
    ]),
  );
  const ends = [
    'late: the event loops of the api and of the generator, 99th percentile',
    `capacity: ${Math.round(capacity).toLocaleString('en')} turns a second`,
    `goodput at 4 times the capacity, of the best: ${ratio.toFixed(2)} (target ${target.ratio})`,
    `p99 of admitted at twice the capacity: ${p99_at_2.toFixed(0)} ms (target ${target.p99_at_2})`,
  ];
  return [head, ...body, '', ...ends].join('\n');
}

function ratioOf({ ratio }: Line): string {
  return ratio === undefined ? '' : `${ratio.value.toFixed(2)} of ${ratio.to}`;
}

function row([name = '', ...cells]: readonly string[]): string {
  const last = cells.pop() ?? '';
  return `${name.padEnd(38)}${cells.map((cell) => cell.padStart(11)).join('')}  ${last}`.trimEnd();
}
