import { testPool } from '../../libs/platform/src/testing/test-services.ts';
import { generateTurns } from '../../libs/read-models/src/queries/test-turns.ts';
import { play } from '../../tools/import/play.ts';
import { fullDialogues } from '../scenarios/foundation/dialogues.ts';
import { withTurnstream } from '../scenarios/clients.ts';
import { askAll } from '../scenarios/replay/audit-queries.ts';
import { everyRevision } from '../scenarios/replay/every-revision.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import { runExports } from './exports.ts';
import { runHistory } from './history.ts';
import type { Report } from './report.ts';

const rounds = 200;
/** Of the queries that read all rows of a day. */
const roundsOfADay = 20;

interface Size {
  readonly turns: number;
  readonly partners: number;
  readonly everyS: number;
}
/** Turns on the same days; each larger size has ten times as many, of ten times as many partners. */
const small: Size = { turns: 100_000, partners: 5_000, everyS: 200 };
const medium: Size = { turns: 1_000_000, partners: 50_000, everyS: 20 };
const large: Size = { turns: 10_000_000, partners: 500_000, everyS: 2 };
/** The maximum cost of a page among ten times as many turns, as a multiple. */
const growth = 3;
/** Counts and journeys of a day read all rows of the day. */
const growsWithTheDay = new Set(['counts of a day', 'journeys of a day']);
/** Of all sessions with the flag: their turns are put in order first, which shows where there are thousands. */
const growsWithTheFlag = new Set(['turns of sessions with a flag']);

/**
 * `npm run prove -- replay`: contexts at every revision, audit queries among many turns, exports, changed events.
 * @param isLarge only the queries, among 1,000,000 and 10,000,000 turns
 */
export async function runReplay(report: Report, isLarge = false): Promise<void> {
  if (isLarge) return checkQueries(report, [medium, large]);
  await checkRevisions(report);
  await checkQueries(report, [small, medium]);
  await runHistory(report);
  await runExports(report);
}

async function checkRevisions(report: Report): Promise<void> {
  const { source, conversations } = await fullDialogues('replay-');
  report.begin(`The context at each revision of ${conversations.length} conversations: ${source}`);
  await withOwnSystem(({ apis }) =>
    withTurnstream({ url: apis[0] }, async (turnstream) => {
      await play(turnstream, conversations, { parallel: 16 });
      const { revisions, different } = await everyRevision(turnstream, conversations);
      report.atLeast('revisions', revisions, 7_000);
      report.none('contexts that are not the fold of the events up to there', different);
    }),
  );
}

async function checkQueries(report: Report, sizes: readonly Size[]): Promise<void> {
  const before = new Map<string, number>();
  for (const { turns, ...size } of sizes) {
    report.begin(`Queries among ${turns} turns, ${rounds} times each, of a whole day ${roundsOfADay} times`);
    await withOwnSystem(async ({ env }) => {
      const pool = testPool(env['DATABASE_URL'] ?? '');
      try {
        await generateTurns(pool, { sessions: turns / 10, ...size });
        const roundsOf = (name: string): number => (growsWithTheDay.has(name) ? roundsOfADay : rounds);
        for (const { name, p99Ms } of await askAll(pool, roundsOf)) {
          const smaller = before.get(name);
          before.set(name, p99Ms);
          report.note(`${name}: p99 ${p99Ms.toFixed(1)} ms`);
          const grows = growsWithTheDay.has(name) || (turns === large.turns && growsWithTheFlag.has(name));
          if (smaller !== undefined && !grows)
            report.atMost(`${name}: times its p99 among a tenth of the turns`, p99Ms / smaller, growth);
        }
      } finally {
        await pool.end();
      }
    });
  }
}
