import { build } from '#launcher';
import type { HungFacts, Service } from '../hung/hang.ts';
import { hang, hangs, shortMs } from '../hung/hang.ts';
import { withHungSystem } from '../hung/system.ts';
import type { Report } from './report.ts';

const fullMs = 600_000;
const wellMs = 5_000;
/** The maximum duration of a call to each service, with a margin for a busy machine: 5 s, 4 s and 0.5 s, 0.15 s. */
const slowestMs: Readonly<Record<Service, number>> = {
  'event-store': 6_000,
  kafka: 3_000,
  redis: 3_000,
  postgres: 6_000,
};
const laterMs = 3_000;
const readyMs = 3_000;

/**
 * `npm run prove -- hung`: each backing service accepts connections but does not answer, for ten minutes (`--quick`:
 * some seconds).
 */
export async function runHung(report: Report, { quick = false }: { quick?: boolean }): Promise<void> {
  await build();
  await withHungSystem(async (system) => {
    for (const [service, how] of hangs) {
      const forMs = quick ? shortMs : fullMs;
      report.begin(`${service} ${how} for ${forMs / 1_000} s`);
      check(report, service, await hang(system, service, forMs, how));
    }
  });
}

function check(report: Report, service: Service, facts: HungFacts): void {
  for (const [kind, { count, statuses, slowestMs: slowest, slowestLaterMs }] of Object.entries(facts.answers))
    report.note(
      `${kind}: ${count} answers of ${statuses.join(', ')}, slowest ${slowest} ms, later ${slowestLaterMs} ms`,
    );
  report.none('processes that ended', facts.ended);
  const answers = Object.values(facts.answers);
  const wrong = answers
    .flatMap(({ statuses }) => statuses)
    .filter((status) => status >= 500 && status !== 503);
  report.equal('answers of 5xx other than 503', wrong.length, 0);
  report.equal('answers of 503 without Retry-After', sum(answers.map((item) => item.withoutRetryAfter)), 0);
  report.atMost('slowest answer, in ms', most(answers.map((item) => item.slowestMs)), slowestMs[service]);
  report.atMost(
    'slowest answer once it is known that the service hangs, in ms',
    most(answers.map((item) => item.slowestLaterMs)),
    Math.max(laterMs, service === 'event-store' || service === 'postgres' ? slowestMs[service] : 0),
  );
  for (const [app, { live, ready, unavailable }] of Object.entries(facts.health)) {
    report.equal(
      `${app}: answers of /health/live other than 200`,
      live.statuses.filter((s) => s !== 200).length,
      0,
    );
    report.atMost(`${app}: slowest /health/ready, in ms`, ready.slowestMs, readyMs);
    report.note(`${app}: not ready for ${unavailable.join(', ') || 'nothing'}`);
  }
  report.equal('times that the inquiry closed', facts.closed.times, 1);
  report.note(`closed ${facts.closed.lateMs} ms after its deadline`);
  for (const [what, ms] of Object.entries(facts.wellAfterMs))
    report.atMost(`${what} well after the return, in ms`, ms, wellMs);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const most = (numbers: readonly number[]): number => Math.max(...numbers);
