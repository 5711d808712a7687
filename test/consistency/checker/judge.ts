import type { Entry, StoredEvent, Stores, Verdict } from '../common/history.ts';
import type { Said } from './attempts.ts';
import { said } from './attempts.ts';
import { checkCommands } from './commands.ts';
import { checkErasures } from './erasures.ts';
import { collect, Findings } from './evidence.ts';
import { checkInquiries } from './inquiries.ts';
import { checkOrder } from './order.ts';
import { checkPartners } from './partners.ts';
import { checkReads } from './reads.ts';
import { checkRows } from './rows.ts';
import { checkUpdates } from './updates.ts';

const checks = [
  checkCommands,
  checkOrder,
  checkReads,
  checkRows,
  checkPartners,
  checkUpdates,
  checkInquiries,
  checkErasures,
];

/** The findings and the counts of a run. */
export function judge(history: readonly Entry[], stores: Stores): Verdict {
  const evidence = collect(history, stores);
  const findings = new Findings();
  for (const check of checks) check(evidence, findings);
  const attempts = history.filter((entry) => entry.kind === 'command');
  const load = attempts.filter(({ final }) => !final).map(({ start }) => start);
  const number = (kind: Entry['kind']): number => history.filter((entry) => entry.kind === kind).length;
  const answered = (what: Said): number => attempts.filter((one) => said(one) === what).length;
  return {
    counts: {
      load_s: Math.round((Math.max(...load) - Math.min(...load)) / 1_000),
      sessions: evidence.sessions.length,
      events: evidence.sessions.reduce((sum, { events }) => sum + events.length, 0),
      sealed: evidence.sessions.reduce((sum, { events }) => sum + sealed(events), 0),
      commands: attempts.length,
      acknowledged: answered('done'),
      refused: answered('refused'),
      unknown: answered('nothing'),
      reads: number('read'),
      updates: number('handled'),
      erasures: evidence.erasures.size,
      inquiries: evidence.sessions.reduce((sum, { events }) => sum + opened(events), 0),
      faults: number('fault'),
    },
    findings: findings.list,
  };
}

/** Events with an encrypted part. */
function sealed(events: readonly StoredEvent[]): number {
  return events.filter(({ metadata }) => Array.isArray(metadata['sealed'])).length;
}

function opened(events: readonly StoredEvent[]): number {
  return events.filter(({ type }) => type === 'InquiryOpened').length;
}
