import { authorization } from '../../tools/shared/token.ts';
import { fillPartner, writeHotSession } from '../scenarios/scale/hot.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

/** `npm run prove -- scale hot`: one session with 200 writers, one partner with 10,000 sessions. */
export async function runHot(report: Report, isQuick: boolean): Promise<void> {
  await withOwnSystem(async ({ apis }) => {
    const nodes = { apis, headers: authorization() };
    const size = { writers: 200, turns: isQuick ? 5 : 20 };
    report.begin(
      `${size.writers} writers on one session over ${apis.length} api nodes, ${size.turns} turns each`,
    );
    // A new process is slow until its code is compiled.
    await writeHotSession(nodes, { writers: 16, turns: 20 });
    const hot = await writeHotSession(nodes, size);
    const { latency } = hot;
    report.note(
      `${hot.turnsASecond.toFixed(0)} turns/s; p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms`,
    );
    report.atMost('attempts of a caller for a turn, on average', hot.attempts, 3);
    report.equal('turns in the stream', hot.recorded, size.writers * size.turns);
    report.atMost('attempts of a caller for a turn, at most', hot.mostAttempts, 10);
    report.atMost('time of the slowest writer, in that of the median one', hot.unfairness, 2);
    report.note(`turns of the slowest writer when the first one is done: ${hot.fewestTurns}`);
    const many = { sessions: isQuick ? 400 : 10_000, atOnce: 8, samples: isQuick ? 50 : 200 };
    report.begin(`${many.sessions} sessions of one partner, ${many.atOnce} callers at once`);
    const partner = await fillPartner(nodes, many);
    report.note(
      `a start: ${partner.firstMs.toFixed(1)} ms among the first, ${partner.lastMs.toFixed(1)} ms among the last`,
    );
    report.note(`the first page of the partner’s sessions: ${partner.pageMs.toFixed(1)} ms`);
    report.atMost(
      'time of one of the last starts, in that of one of the first',
      partner.lastMs / partner.firstMs,
      1.25,
    );
  });
}
