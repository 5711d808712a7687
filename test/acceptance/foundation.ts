import type { Checked } from '../../tools/import/check.ts';
import { countTurns } from '../../tools/import/conversation.ts';
import type { Conversation } from '../../tools/import/conversation.ts';
import { startProgress } from '../../tools/shared/progress.ts';
import { competeForRevision, repeatRequest } from '../scenarios/foundation/conflicts.ts';
import { fullDialogues } from '../scenarios/foundation/dialogues.ts';
import { tryFreshClone } from '../scenarios/foundation/fresh-clone.ts';
import { importTwice, importWithCrashes } from '../scenarios/foundation/import.ts';
import { resumeAtOnce } from '../scenarios/foundation/webhooks.ts';
import type { System } from '../scenarios/system.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import { runBenchmarks } from './benchmarks.ts';
import type { Report } from './report.ts';

type OnStep = (items: readonly { type: string }[]) => void;

/** `npm run prove -- foundation`: real conversations, crashes, conflicts, the benchmark, a fresh clone. */
export async function runFoundation(report: Report): Promise<void> {
  const { source, conversations } = await fullDialogues('');
  const others = await fullDialogues('crash-');
  await withOwnSystem(async (system) => {
    report.begin(`Conversations through a running system: ${source}`);
    await checkImport(system, conversations, report);
    report.begin('The same under other ids, while projector, api and event store are killed with -9');
    await checkCrashes(system, others.conversations, report);
    report.begin('Conflicts and repetitions');
    await checkConflicts(system, report);
    report.begin('Webhooks that ask for the session of one partner, while api nodes are killed with -9');
    await checkWebhooks(system, report);
  });
  report.begin('The benchmark, with everything running');
  await runBenchmarks(report);
  report.begin('A fresh clone with empty caches');
  await checkFreshClone(report);
}

async function checkImport(
  system: System,
  conversations: readonly Conversation[],
  report: Report,
): Promise<void> {
  const { first, readModels, second } = await withProgress(conversations, (onStep) =>
    importTwice(system, conversations, onStep),
  );
  const sessions = new Set(conversations.map(({ session_id }) => session_id)).size;
  report.equal('sessions', conversations.length, sessions);
  checkReadModels('', readModels, conversations, report);
  report.equal('events that playing them again adds', second.events, 0);
  report.equal('commands recognised as repeated', second.repeated, first.steps);
}

async function checkCrashes(
  system: System,
  conversations: readonly Conversation[],
  report: Report,
): Promise<void> {
  const { restarted, afterCrashes, afterFlush, restoredContexts } = await withProgress(
    conversations,
    (onStep) => importWithCrashes(system, conversations, onStep),
  );
  report.equal('processes killed with -9 and started again', restarted.length, 3);
  checkReadModels(' after the kills', afterCrashes, conversations, report);
  checkReadModels(' after Redis was flushed', afterFlush, conversations, report);
  report.equal('contexts back in Redis', restoredContexts, conversations.length);
}

function checkReadModels(
  when: string,
  { rows, contexts, differences }: Checked,
  conversations: readonly Conversation[],
  report: Report,
): void {
  report.equal(`rows of turns${when}`, rows, countTurns(conversations));
  report.equal(`contexts equal to the fold of their stream${when}`, contexts, conversations.length);
  report.none(`differences${when}`, differences);
}

async function checkConflicts(system: System, report: Report): Promise<void> {
  const [writers, requests] = [64, 200];
  const { winners, conflicts, revisions } = await competeForRevision(system, writers);
  report.equal(`winners among ${writers} writers with the same If-Match`, winners, 1);
  report.equal('others that got 412', conflicts, writers - 1);
  report.equal('events in the stream', revisions.length, 2);
  report.equal('gaps in the stream', revisions.filter((revision, index) => revision !== index).length, 0);
  const { appended, differentAnswers, originals } = await repeatRequest(system, requests);
  report.equal(`events of ${requests} identical requests with one key`, appended, 1);
  report.equal('different answers', differentAnswers, 1);
  report.atMost('answers not marked as repeated (one an api node)', originals, system.apis.length);
}

async function checkWebhooks(system: System, report: Report): Promise<void> {
  const [calls, rounds] = [200, 10];
  const { unanswered, answered, started } = await resumeAtOnce(system, { calls, rounds });
  report.equal(`calls of ${calls} at once without an answer, in ${rounds} rounds`, unanswered.length, 0);
  for (const reason of unanswered.slice(0, 5)) report.note(`  ${reason}`);
  report.equal('sessions that the answers of a round name', answered, 1);
  report.equal('sessions that start in a round', started, 1);
}

async function checkFreshClone(report: Report): Promise<void> {
  const { firstStartS, laterStartS, testExitCode, testS } = await tryFreshClone();
  report.atMost('first npm start to ready, in s', firstStartS, 180);
  report.atMost('later npm start to ready, in s', laterStartS, 20);
  report.equal('exit code of npm test', testExitCode, 0);
  report.atMost('npm test, in s', testS, 360);
}

async function withProgress<T>(
  conversations: readonly Conversation[],
  work: (onStep: OnStep) => Promise<T>,
): Promise<T> {
  const progress = startProgress('playing', countTurns(conversations), 'turns');
  const onStep: OnStep = (items) => progress.add(items.filter(({ type }) => type === 'RecordTurn').length);
  return work(onStep).finally(() => progress.stop());
}
