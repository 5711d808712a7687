import { allSteps, movePartners } from '../scenarios/scale/moves.ts';
import { withTwoCells } from '../scenarios/scale/two-cells.ts';
import type { Report } from './report.ts';

/** `npm run prove -- scale cells`: partners move between two whole systems under load, and the mover is killed at each step. */
export async function runCells(report: Report, isQuick: boolean): Promise<void> {
  const full = { partners: 4, sessions: 5, pauseMs: 50, killAt: allSteps, andBack: true };
  const size = isQuick ? { ...full, partners: 1, sessions: 2 } : full;
  report.begin(
    `${size.partners} partners with ${size.sessions} sessions each move from one cell to another and one back, ` +
      'the mover killed with -9 at each step',
  );
  const result = await withTwoCells((cells) => movePartners(cells, size, (text) => report.note(text)), {
    ownKafka: true,
    apis: 2,
  });
  report.note(`${result.acknowledged} commands acknowledged, ${result.repeated} times sent again`);
  report.note(`slowest acknowledgement, over all restarts of the mover: ${Math.round(result.slowestMs)} ms`);
  report.atLeast('times the mover was killed', result.kills, (size.partners + 2) * (allSteps.length - 1));
  report.none('commands lost', result.lost);
  report.none('sessions with a command twice, or one too many', result.doubled);
  report.none('repeated commands answered otherwise', result.answeredOtherwise);
  report.none('sessions written to in the cell that they have left', result.writtenBehind);
  report.equal('ends of the inquiry that was open during its move', result.closedInquiries, 1);
}
