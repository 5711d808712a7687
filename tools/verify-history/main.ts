/** `npm run verify-history -- --all | --session ID`: checks that no event was changed, and names changed ones. */
import type { StreamReport } from '#sessions';
import { Roots, VerifyAll, verifySession } from '#sessions';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { exportedRoots, publicKeys, withHistory } from '../shared/stored-history.ts';
import { printReport, printRoots, printTotals } from './print.ts';

const usage = `usage: npm run verify-history -- --all | --session ID [--json] [--roots FILE] [--keys FILE]

Checks the hashes of every event of one session or of all, and compares them with the signed roots. Exits with 1 when something was
changed. What is proven, and what not: docs/history-proof.md.

  --roots FILE  roots that were exported before (npm run history-roots -- export): the store has to have them still. Those whose key is
                no longer among the public keys are verified by this file
  --keys FILE   the public keys of the roots (PEM); by default those of HISTORY_PUBLIC_KEYS and HISTORY_SIGNING_KEY
  --json        one document for programs`;

await runProgram(async () => {
  const { values } = parseOptions({
    all: { type: 'boolean', default: false },
    session: { type: 'string' },
    json: { type: 'boolean', default: false },
    roots: { type: 'string' },
    keys: { type: 'string' },
  });
  const { session, json } = values;
  if (values.all === (session !== undefined)) throw new Failure(usage);
  const keys = publicKeys(values.keys);
  const exported = exportedRoots(values.roots);
  await withHistory(async (store) => {
    const roots = await Roots.read(store, keys, exported);
    const signed = {
      count: roots.list.length,
      checked: keys.isKnown,
      by_export: roots.byExport,
      faults: roots.faults,
    };
    let intact = true;
    if (session !== undefined) {
      const report = await verifySession(store, session.toLowerCase(), roots, keys);
      if (report === undefined) throw new Failure(`There is no session ${session}.`);
      intact = report.intact && roots.faults.length === 0;
      if (json) print({ intact, session: report, roots: signed });
      else printReport(report);
    } else {
      const faulty: StreamReport[] = [];
      let broken: string | null = null;
      const totals = await new VerifyAll(store, roots, keys, {
        onFault: (report) => {
          faulty.push(report);
          if (!json) printReport(report);
        },
        onBrokenLog: (reason) => {
          broken = reason;
        },
        onProgress: ({ sessions, events, leaves }) =>
          console.error(`${sessions} sessions, ${events} events, ${leaves} leaves of roots`),
      }).run();
      intact = totals.faulty === 0 && roots.faults.length === 0 && broken === null;
      if (json) print({ intact, totals, log: { broken }, roots: signed, sessions: faulty });
      else printTotals(totals, broken);
    }
    if (!json) printRoots(signed);
    if (!intact) process.exitCode = 1;
  });
}, usage);

function print(document: object): void {
  console.log(JSON.stringify(document, null, 2));
}
