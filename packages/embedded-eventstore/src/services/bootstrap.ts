import { append, writeMetadata } from '../store/append.ts';
import { NO_STREAM, type ProposedEvent } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { createAccount, userStream } from '../rpc/access.ts';
import { newId } from '../store/event-id.ts';

const USERS = '$users';
const DEFAULT_PASSWORD = 'changeit';
const ACCOUNTS = [
  ['admin', 'Event Store Administrator', '$admins'],
  ['ops', 'Event Store Operations', '$ops'],
] as const;

/** Administrators only, as for every system stream. */
const USER_METADATA = Buffer.from(
  JSON.stringify({ $acl: { $r: '$admins', $w: '$admins', $d: '$admins', $mr: '$admins', $mw: '$admins' } }),
);

const jsonEvent = (type: string, data: unknown): ProposedEvent => ({
  id: newId(),
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(data)),
  meta: Buffer.alloc(0),
});

/** Creates the users of a new store, as EventStoreDB does at its first start. */
export const bootstrap = async (store: Store): Promise<void> => {
  if (store.health.readOnlyReason !== undefined || store.reads.lastRevision(USERS) !== NO_STREAM) return;
  await store.writer.write((tx) => {
    for (const [login, name, group] of ACCOUNTS) {
      const account = createAccount(login, name, DEFAULT_PASSWORD, [group]);
      writeMetadata(tx, userStream(login), USER_METADATA);
      append(tx, userStream(login), 'no_stream', [jsonEvent('$UserCreated', account)]);
      append(tx, USERS, 'any', [{ ...jsonEvent('$User', null), isJson: false, data: Buffer.from(login) }]);
    }
  });
};
