import { findCanaries } from '../scenarios/privacy/canaries.ts';
import type { Report } from './report.ts';

/** `npm run prove -- privacy`: unique personal values through every door, looked for wherever something is stored. */
export async function runPrivacy(report: Report): Promise<void> {
  report.begin(
    'Personal values of 50 partners go in by every door, and are looked for before and after their erasure',
  );
  const { before, after, doors, shown, shownAfter, isErasedShown } = await findCanaries(50);
  report.atLeast('values that went in', doors, 500);
  report.atLeast('of them the api shows to whom may see them', shown, 500);
  report.none('places where one was found', before);
  report.none('places where one was found after the erasure', after);
  report.equal('values that the api shows after it', shownAfter, 0);
  report.result('it shows [erased] instead', String(isErasedShown), '= true', isErasedShown);
}
