import type { Line, Results } from '../../bench/run.ts';
import { benchPrivateSystem, fullSize } from '../../bench/run.ts';
import { table } from '../../bench/table.ts';
import type { Report } from './report.ts';

/** Runs the benchmark on a system with everything running, and checks its results. */
export async function runBenchmarks(report: Report): Promise<void> {
  const results = await benchPrivateSystem(fullSize, (text) => report.note(text));
  report.note(table(results).replaceAll('\n', '\n    '));
  checkResults(results, report);
}

function checkResults({ lines, lag }: Results, report: Report): void {
  for (const { name, in_flight, ratio } of lines) {
    if (ratio === undefined) continue;
    const promised = name.startsWith('RecordTurn') ? 0.5 : 0.6;
    report.atLeast(`${name}, ${in_flight} in flight, of ${ratio.to}`, ratio.value, promised);
  }
  for (const in_flight of new Set(lines.map((line) => line.in_flight))) {
    const [short, long] = ends(lines.filter((line) => line.in_flight === in_flight));
    const change = long.per_second / short.per_second;
    const what = `${long.name} against ${short.name}, ${in_flight} in flight`;
    report.result(what, change.toFixed(2), '0.90 to 1.10', change >= 0.9 && change <= 1.1);
  }
  report.atMost(`acknowledgement to context at ${lag.per_second}/s, p99 in ms`, lag.context.p99, 50);
}

/** The shortest and the longest conversation. */
function ends(lines: readonly Line[]): [Line, Line] {
  const turns = lines.filter(({ name }) => name.startsWith('RecordTurn'));
  const [short, long] = [turns[0], turns.at(-1)];
  if (short === undefined || long === undefined) throw new Error('The benchmark recorded no turns.');
  return [short, long];
}
