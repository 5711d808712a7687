import { userInfo } from 'node:os';
import type { AccessEntry } from '#sessions';
import { AccessLog, EventStore } from '#sessions';
import { addressOf, unreachable } from './address.ts';

type Act = Pick<AccessEntry, 'action' | 'what' | 'isAct'> &
  Partial<Pick<AccessEntry, 'partner_ids' | 'session_ids' | 'purpose'>>;

/**
 * Records an operator's action by a program, before it is done.
 * @throws Failure when it cannot be recorded: then nothing may be done
 */
export async function recordAct(act: Act): Promise<void> {
  const store = new EventStore(addressOf('EVENTSTORE_URL'));
  try {
    await recordActIn(store, act);
  } catch (error) {
    throw unreachable('EVENTSTORE_URL', error);
  } finally {
    await store.dispose();
  }
}

/** As `recordAct`, in the event store of the affected system. */
export async function recordActIn(store: EventStore, act: Act): Promise<void> {
  const log = new AccessLog(store);
  const caller = { role: 'system', subject: operator(), instance: null } as const;
  try {
    await log.record({ isAct: true, caller, partner_ids: [], session_ids: [], ...act });
  } finally {
    await log.close();
  }
}

/** The user of the machine; a user without a name is identified by the number. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`;
  }
}
