import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';
import { replayAll } from './all.ts';
import type { ReplayOptions } from './options.ts';
import { loadOtherCode } from './other-code.ts';
import { linesOfReport, linesOfSession } from './print.ts';
import { replaySession } from './session.ts';
import { masked, unmasked } from './shown.ts';
import type { ReplayReport } from './summary.ts';
import { Summary } from './summary.ts';

const progressEveryMs = 2_000;

/** Runs the replay that the options select, and reports progress in lines. @throws Failure */
export async function replay(options: ReplayOptions, say: (line: string) => void): Promise<ReplayReport> {
  const { session, purpose, with: file } = options;
  // Loaded before anything is read, so that faults of the file are reported at once.
  await loadOtherCode(file);
  if (purpose !== undefined) {
    const session_ids = session === undefined ? [] : [session];
    await recordAct({ isAct: false, action: 'replay', purpose, session_ids });
  }
  try {
    return await (session === undefined ? replayEach(options, say) : replayOne(options, session, say));
  } catch (error) {
    throw explained(error);
  }
}

async function replayEach(options: ReplayOptions, say: (line: string) => void): Promise<ReplayReport> {
  const { samples, workers, purpose, with: file } = options;
  const since = Date.now();
  let told = since;
  const onProgress = (report: ReplayReport): void => {
    if (Date.now() - told < progressEveryMs) return;
    told = Date.now();
    say(`${progressOf(report, since)}, ${report.different} differ, ${report.faults} failed`);
  };
  const isUnmasked = purpose !== undefined;
  const report = await replayAll({ file, samples, workers, isUnmasked, onProgress });
  for (const line of linesOfReport(report)) say(line);
  say(progressOf(report, since));
  return report;
}

async function replayOne(
  { until, purpose, with: file }: ReplayOptions,
  session: string,
  say: (line: string) => void,
): Promise<ReplayReport> {
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  try {
    const show = purpose === undefined ? masked : unmasked;
    const other = await loadOtherCode(file);
    const replayed = await replaySession({ store, other, show }, session, until);
    if (replayed.events === 0 && !replayed.fault && !replayed.unreadable)
      throw new Failure(`There is no session ${session}, or none of its events is left.`);
    for (const line of linesOfSession(replayed)) say(line);
    const summary = new Summary(1);
    summary.add(replayed);
    return summary.report();
  } finally {
    await store.dispose();
    await opened?.close();
  }
}

function progressOf({ sessions, events }: ReplayReport, since: number): string {
  const seconds = Math.max(0.001, (Date.now() - since) / 1_000);
  return `${sessions} sessions, ${events} events in ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} events/s`;
}
