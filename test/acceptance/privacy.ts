import { recognitionFigures } from '../../libs/privacy/src/recognise/figures.ts';
import { findCanaries } from '../scenarios/privacy/canaries.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import { withKeys } from '../scenarios/with-keys.ts';
import type { Report } from './report.ts';

const partners = 50;

/**
 * `npm run prove -- privacy`: sends unique personal values through every input, and searches for them in every store.
 */
export async function runPrivacy(report: Report): Promise<void> {
  for (const half of ['blind', 'seen'] as const) judgeRecognition(report, half);
  report.begin(
    `Personal values of ${partners} partners go in by every door, and are looked for before and after their erasure`,
  );
  const facts = await withKeys(() => withOwnSystem((system) => findCanaries(system, partners), {}, true));
  report.atLeast('values that went in', facts.doors, 25 * partners);
  report.atLeast('of them the api shows to whom may see them', facts.shown, 15 * partners);
  report.none('values that it should show, and does not', facts.notShown);
  report.none('phones and cards that it shows without being asked for their tokens', facts.numbersShown);
  report.equal('phones and cards that it shows for their tokens', facts.detokenised, 2 * partners);
  report.atLeast('pieces of the event store’s files that hold sealed values', facts.sealedPieces, 1);
  report.none('places where one was found', facts.before);
  report.none('places where one was found after the erasure', facts.after);
  report.equal('of the partners the receipts say is left', facts.left, 0);
  report.equal('values that the api shows after it', facts.shownAfter, 0);
  report.equal('phones and cards that it shows for their tokens after it', facts.detokenisedAfter, 0);
  report.result('it shows [erased] instead', String(facts.isErasedShown), '= true', facts.isErasedShown);
}

function judgeRecognition(report: Report, half: 'blind' | 'seen'): void {
  report.begin(`Personal values in generated texts: the ${half} half of the corpus`);
  for (const { type, values, recall, precision } of recognitionFigures(half).figures) {
    report.atLeast(`${type}: recall of ${values} values`, recall, 0.95);
    report.atLeast(`${type}: precision`, precision, 0.98);
  }
}
