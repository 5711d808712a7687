import { append, writeMetadata, type Transaction, type WriteOutcome } from '../store/append.ts';
import { NO_STREAM, type ProposedEvent } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { createAccount, userStream, type Account } from '../rpc/accounts.ts';
import { newId } from '../store/event-id.ts';

/** The stream that names every user ever created. */
export const USERS = '$users';
const DEFAULT_PASSWORD = 'changeit';
const ACCOUNTS = [
  ['admin', 'Event Store Administrator', '$admins'],
  ['ops', 'Event Store Operations', '$ops'],
] as const;

/** Administrators only, as for every system stream. */
const USER_METADATA = Buffer.from(
  JSON.stringify({ $acl: { $r: '$admins', $w: '$admins', $d: '$admins', $mr: '$admins', $mw: '$admins' } }),
);

export const userEvent = (type: string, data: unknown): ProposedEvent => ({
  id: newId(),
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(data)),
  meta: Buffer.alloc(0),
});

/** Adds a user, unless the name is taken. */
export const addUser = (tx: Transaction, account: Account): WriteOutcome => {
  const login = account.loginName;
  const outcome = append(tx, userStream(login), 'no_stream', [userEvent('$UserCreated', account)]);
  if (outcome.kind !== 'written') return outcome;
  if (outcome.revision === 0) writeMetadata(tx, userStream(login), USER_METADATA);
  append(tx, USERS, 'any', [{ ...userEvent('$User', null), isJson: false, data: Buffer.from(login) }]);
  return outcome;
};

/** Creates the users of a new store, as EventStoreDB does at its first start. */
export const bootstrap = async (store: Store): Promise<void> => {
  if (store.health.readOnlyReason !== undefined || store.reads.lastRevision(USERS) !== NO_STREAM) return;
  await store.writer.write((tx) => {
    for (const [login, name, group] of ACCOUNTS) {
      addUser(tx, createAccount(login, name, DEFAULT_PASSWORD, [group]));
    }
  });
};
