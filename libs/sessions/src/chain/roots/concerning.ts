import type { ReadRoot, RootFault } from './read-root.ts';

/** How many faults of roots the report of a session has at most. */
const mostFaults = 20;

/**
 * The faults of roots that may hide what a root says about a session, the oldest first: those of whole roots, and those of the pages where
 * its leaf would be. A root cannot cover what was appended after it. The position of one that cannot be used is not known, only that of
 * the next one.
 * @param hiding the faults of pages that may have the leaf of the session
 * @param began the position of the session's first event; undefined: not known
 */
export function concerning(
  faults: readonly RootFault[],
  hiding: readonly RootFault[],
  roots: readonly ReadRoot[],
  began: bigint | undefined,
): RootFault[] {
  const ofRoots = faults.filter(({ page }) => page === undefined);
  return [...ofRoots, ...hiding]
    .filter((fault) => {
      const end = roots.find(({ says }) => endsAfter(says.number, fault));
      return began === undefined || end === undefined || began <= BigInt(end.says.position);
    })
    .toSorted((one, other) => one.number - other.number)
    .slice(0, mostFaults);
}

/** Whether a usable root covers the log at least as far as the faulty one, or one that is missing before it. */
function endsAfter(number: number, fault: RootFault): boolean {
  const isUsed = fault.page !== undefined || fault.kind === 'order';
  return isUsed ? number >= fault.number : number > fault.number;
}
