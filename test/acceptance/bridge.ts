import { withDiagnostics } from '../diagnostics/processes.ts';
import { runHostileMessages } from '../hostile-messages/run.ts';
import { absence } from '../scenarios/bridge/absence.ts';
import { fanOut } from '../scenarios/bridge/fan-out.ts';
import { withClients } from '../scenarios/clients.ts';
import { startSubjects } from '../scenarios/inquiries/incoming.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

/** `npm run prove -- bridge`: the bridge under load and hostile messages from other systems. */
export async function runBridge(report: Report): Promise<void> {
  await checkHostileMessages(report);
  await checkFanOut(report);
  await checkAbsences(report);
}

const goodOnEach = 10_000;
const megabyte = 1_048_576;
const mostMegabytes = 700;

async function checkHostileMessages(report: Report): Promise<void> {
  report.begin(`Hostile messages between ${goodOnEach} good ones on each topic`);
  const run = await withDiagnostics((processes) =>
    withOwnSystem((own) =>
      withClients(own, async (system) =>
        runHostileMessages(system, processes, await startSubjects(system, 1_000), goodOnEach),
      ),
    ),
  );
  report.none(`good messages without an effect, of ${run.good}`, run.withoutEffect);
  report.none('good messages with two effects', run.withTwoEffects);
  report.none(`hostile messages that are not in the dead letters, of ${run.hostile}`, run.notSetAside);
  report.none('processes that ended', run.watched.changed);
  report.atMost('the slowest answer of /health/live, in ms', run.watched.slowestLiveMs, 1_000);
  const { ms, process } = run.watched.longestBlock;
  report.atMost('the longest block of an event loop, in ms', ms, 1_000);
  report.note(`of ${process}`);
  report.atMost('RSS of the bridge, in MB', run.bridgeBytes / megabyte, mostMegabytes);
}

const liveSessions = 10_000;
/** The memory that a fan-out may take beyond the bridge's usual memory. */
const moreMegabytes = 256;

async function checkFanOut(report: Report): Promise<void> {
  report.begin(`One event of 60 KB for a partner with ${liveSessions} live sessions`);
  const run = await withDiagnostics((processes) =>
    withOwnSystem((own) =>
      withClients(own, async (system) => {
        const [subject] = await startSubjects(system, 1);
        if (subject === undefined) throw new Error('no session');
        return fanOut(system, processes, { subject, sessions: liveSessions });
      }),
    ),
  );
  report.none('sessions without it', run.without);
  report.none('sessions that have it twice', run.twice);
  report.note(`done after ${run.seconds.toFixed(1)} s`);
  report.atMost('more memory of the bridge, in MB', (run.bytes - run.idleBytes) / megabyte, moreMegabytes);
  report.note(
    `other topic, before: p50 ${run.before.p50.toFixed(0)} ms, p99 ${run.before.p99.toFixed(0)} ms`,
  );
  report.atMost('other topic meanwhile, p50 in ms', run.meanwhile.p50, Math.max(3 * run.before.p50, 250));
  report.atMost('other topic meanwhile, p99 in ms', run.meanwhile.p99, 1_000);
}

const absentSeconds = 600;

async function checkAbsences(report: Report): Promise<void> {
  for (const who of ['projector', 'bridge'] as const) {
    report.begin(`Orders and mentions while the ${who} is stopped for ${absentSeconds / 60} minutes`);
    const run = await withOwnSystem((own) =>
      withClients(own, (system) => absence(system, { who, seconds: absentSeconds, sessions: 500 })),
    );
    report.none(`sessions that lack an update, of ${run.sessions}`, run.incomplete);
    report.none('sessions with an update twice, or of another', run.wrong);
    report.none('contexts without the newest state of their order', run.outdated);
    report.note(`all was made up for ${run.seconds.toFixed(1)} s after the return`);
  }
}
