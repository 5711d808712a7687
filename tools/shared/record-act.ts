import { userInfo } from 'node:os';
import { AccessLog } from '#sessions';
import type { AccessEntry, EventStore } from '#sessions';

type Act = Pick<AccessEntry, 'action' | 'what'> & Partial<Pick<AccessEntry, 'partner_ids' | 'session_ids'>>;

/** Records what an operator does by a program, before it is done. @throws StoreUnavailableError, and nothing may be done */
export async function recordAct(store: EventStore, act: Act): Promise<void> {
  const log = new AccessLog(store);
  const caller = { role: 'system', subject: operator(), instance: null } as const;
  try {
    await log.record({ isAct: true, caller, partner_ids: [], session_ids: [], ...act });
  } finally {
    await log.close();
  }
}

/** The user of the machine; one that has no name is known by its number. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`;
  }
}
