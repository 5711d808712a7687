import { withDiagnostics } from '../diagnostics/processes.ts';
import type { Attack } from '../hostile/attack.ts';
import { attack } from '../hostile/attack.ts';
import { corpus } from '../hostile/corpus/list.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const runs = 3;
const megabytes = (bytes: number): number => bytes / 1e6;

/**
 * `npm run prove -- hostile`: every hostile case three times; checks answers, memory and liveness of every process.
 */
export async function runHostile(report: Report): Promise<void> {
  await withDiagnostics((processes) =>
    withOwnSystem(
      async (system) => {
        report.begin(`${corpus.length} hostile cases, ${runs} times`);
        judge(report, await attack(system, processes, corpus, runs));
      },
      // A small cache, so that filling it is not taken for a leak.
      { SESSION_CACHE_MB: '1' },
    ),
  );
}

function judge(report: Report, { held, surprises, watched }: Attack): void {
  const texts = surprises.map(({ name, expected, answer }) => `${name}: ${answer} instead of ${expected}`);
  const different = [...new Set(texts)];
  report.equal('cases with another answer than the expected one', different.length, 0);
  for (const text of different) report.note(text);
  report.none(
    'processes that ended',
    watched.flatMap(({ changed }) => changed),
  );
  report.atMost(
    'the slowest answer of /health/live, in ms',
    Math.max(...watched.map(({ slowestLiveMs }) => slowestLiveMs)),
    1_000,
  );
  for (const { longestBlock } of watched)
    report.note(`longest block of an event loop: ${longestBlock.ms.toFixed(0)} ms (${longestBlock.process})`);
  const [before, , second, third] = held;
  for (const [name, { heapUsed }] of before ?? []) {
    const after = third?.get(name)?.heapUsed ?? Infinity;
    report.atMost(`heap of ${name} after the third run, of that before`, after / heapUsed, 1.2);
    const sizes = held.map((one) => megabytes(one.get(name)?.heapUsed ?? NaN).toFixed(1));
    report.note(`before, and after each run: ${sizes.join(', ')} MB`);
  }
  for (const [name, { rss }] of second ?? []) {
    const after = third?.get(name)?.rss ?? Infinity;
    report.atMost(`RSS of ${name} after the third run, in MB`, megabytes(after), megabytes(rss) * noise);
  }
}

/** How much the RSS of an idle process varies. */
const noise = 1.02;
