import { withConnections } from '../../bench/engines.ts';
import type { Line, Results } from '../../bench/run.ts';
import { fullSize, runBench } from '../../bench/run.ts';
import { table } from '../../bench/table.ts';
import { withSystem } from '#launcher';
import type { Report } from './report.ts';

/** The figures of the benchmark against what is promised of them. */
export async function proveFigures(report: Report): Promise<void> {
  const results = await withSystem({}, ({ apis: [api = ''], env }) =>
    withConnections({ api, env }, (engines) => runBench(engines, fullSize, (text) => report.note(text))),
  );
  report.note(table(results).replaceAll('\n', '\n    '));
  judge(results, report);
}

/** Says of each figure whether it is as promised. */
export function judge({ lines, lag }: Results, report: Report): void {
  for (const { name, in_flight, ratio } of lines) {
    if (ratio === undefined) continue;
    const promised = name.startsWith('RecordTurn') ? 0.5 : 0.6;
    const what = `${name}, ${in_flight} in flight, of ${ratio.to}`;
    report.figure(what, ratio.value.toFixed(2), `>= ${promised}`, ratio.value >= promised);
  }
  for (const in_flight of new Set(lines.map((line) => line.in_flight))) {
    const [short, long] = ends(lines.filter((line) => line.in_flight === in_flight));
    const change = long.per_second / short.per_second;
    const what = `${long.name} against ${short.name}, ${in_flight} in flight`;
    report.figure(what, change.toFixed(2), '0.90 to 1.10', change >= 0.9 && change <= 1.1);
  }
  const p99 = lag.context.p99;
  const what = `acknowledgement to context at ${lag.per_second}/s, p99 in ms`;
  report.figure(what, p99.toFixed(1), '<= 50', p99 <= 50);
}

/** The shortest and the longest conversation. */
function ends(lines: readonly Line[]): [Line, Line] {
  const turns = lines.filter(({ name }) => name.startsWith('RecordTurn'));
  const [short, long] = [turns[0], turns.at(-1)];
  if (short === undefined || long === undefined) throw new Error('The benchmark recorded no turns.');
  return [short, long];
}
