import type { RootFault, StreamReport, Totals } from '#sessions';

/** Prints the findings of a session. */
export function printReport({ session_id, events, intact, sealed_to, faults, gaps }: StreamReport): void {
  const unchanged = intact ? '✔ as it was recorded' : '✖ NOT PROVEN, a root that may cover it has a fault';
  const verdict = faults.length === 0 ? unchanged : '✖ CHANGED';
  const sealed = sealed_to === null ? 'covered by no root yet' : `signed up to revision ${sealed_to}`;
  console.log(`${session_id}  ${verdict}  ${events} events, ${sealed}`);
  for (const { kind, detail, event_id, type } of faults)
    console.log(`  ✖ ${kind}: ${detail}${event_id === undefined ? '' : ` (${type}, ${event_id})`}`);
  for (const { kind, from, to, reason } of gaps)
    console.log(`  · events ${from} to ${to}: ${kind}${reason === undefined ? '' : `, ${reason}`}`);
}

/** Prints the findings of all sessions. */
export function printTotals(totals: Totals, broken: string | null): void {
  const { sessions, events, leaves, not_chained, removed, faulty } = totals;
  console.log(
    `${sessions} sessions with ${events} events, ${leaves} leaves of roots: ${faulty} sessions changed.`,
  );
  if (not_chained > 0) console.log(`  · ${not_chained} events have no hash: an older version wrote them.`);
  if (removed > 0) console.log(`  · Events of ${removed} sessions were removed, with a record.`);
  if (broken !== null)
    console.log(
      `  ✖ The log cannot be read to its end, so sessions that no root covers were not read: ${broken}`,
    );
}

/** Prints the findings about the signed roots. */
export function printRoots(roots: {
  count: number;
  checked: boolean;
  by_export: number;
  faults: readonly RootFault[];
}): void {
  const signed =
    roots.by_export === 0
      ? 'signed'
      : `${roots.by_export} of them verified by the export alone, since their keys are unknown, the others signed`;
  const how = roots.checked ? signed : 'whose signatures were not checked: there is no public key';
  console.log(`${roots.count} roots, ${how}.`);
  for (const { number, detail } of roots.faults) console.log(`  ✖ Root ${number}: ${detail}`);
}
