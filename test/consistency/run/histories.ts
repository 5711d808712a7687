import { EventStore, HistoryKeys, Roots, VerifyAll } from '#sessions';
import type { Finding } from '../common/history.ts';

/** Findings about the hashes of the sessions: every event is chained and unchanged. */
export async function historyFindings(url: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (text: string): void => void findings.push({ rule: 'history_differs', text });
  const store = new EventStore(url);
  try {
    const keys = new HistoryKeys([]);
    const roots = await Roots.read(store, keys);
    const totals = await new VerifyAll(store, roots, keys, {
      onFault: ({ session_id, faults }) =>
        add(`${session_id}: ${faults.map(({ detail }) => detail).join(' ')}`),
      onBrokenLog: add,
    }).run();
    if (totals.not_chained > 0) add(`${totals.not_chained} events have no hash.`);
    if (totals.events === 0) add('No event was verified.');
    return findings;
  } finally {
    await store.dispose();
  }
}
