import {
  BACKWARDS,
  END,
  jsonEvent,
  NO_STREAM,
  StreamNotFoundError,
  type Credentials,
  type EventStoreDBClient,
  type JSONEventType,
} from '@eventstore/db-client';
import { Failure } from '../shared/failure.ts';
import { connect, createUser, resetPassword, userExists } from './client.ts';

export interface Setup {
  /** Connection string, without credentials. */
  readonly url: string;
  readonly admin: Credentials;
  /** The user of Turnstream. */
  readonly user: { readonly username: string; readonly password: string | undefined };
  /** Resets the password of an existing user. */
  readonly isPasswordReset: boolean;
}

const metadataOfAll = '$$$all';

/** One role or several. */
type Roles = string | string[];

type MetadataEvent = JSONEventType<'$metadata', { $acl?: { $r?: Roles } }>;

interface StoredMetadata {
  readonly metadata: MetadataEvent['data'];
  readonly expectedRevision: bigint | typeof NO_STREAM;
}

/**
 * Creates the user if necessary, and lets it and $admins read $all. Can be repeated. @returns the actions, one line
 * each
 */
export async function setUpEventStore(setup: Setup): Promise<string[]> {
  const client = connect(setup.url);
  try {
    return [await ensureUser(client, setup), await ensureReadableAll(client, setup)];
  } finally {
    await client.dispose();
  }
}

async function ensureUser(
  client: EventStoreDBClient,
  { admin, user, isPasswordReset }: Setup,
): Promise<string> {
  const { username, password } = user;
  const exists = await userExists(client, username, admin);
  if (exists && !isPasswordReset) return `The user ${username} exists.`;
  if (password === undefined)
    throw new Failure(`The user ${username} needs a password: set EVENTSTORE_USER_PASSWORD.`);
  if (exists || !(await createUser(client, { username, password }, admin))) {
    await resetPassword(client, { username, password }, admin);
    return `The user ${username} has the new password.`;
  }
  return `The user ${username} was created.`;
}

/** Reads and writes the metadata's own stream, since the client's call for metadata returns no revision. */
async function ensureReadableAll(client: EventStoreDBClient, { admin, user }: Setup): Promise<string> {
  const { metadata, expectedRevision } = await readMetadata(client, admin);
  const acl = metadata.$acl ?? {};
  const roles = [acl.$r ?? '$admins'].flat();
  const missing = ['$admins', user.username].filter((role) => !roles.includes(role));
  if (roles.includes('$all') || missing.length === 0) return `${user.username} may read $all.`;
  const data = { ...metadata, $acl: { ...acl, $r: [...roles, ...missing] } };
  const event = jsonEvent<MetadataEvent>({ type: '$metadata', data });
  await client.appendToStream(metadataOfAll, event, { credentials: admin, expectedRevision });
  return `${missing.join(' and ')} may read $all now.`;
}

async function readMetadata(client: EventStoreDBClient, credentials: Credentials): Promise<StoredMetadata> {
  const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1, credentials } as const;
  try {
    const [found] = await Array.fromAsync(client.readStream<MetadataEvent>(metadataOfAll, last));
    if (found?.event) return { metadata: found.event.data, expectedRevision: found.event.revision };
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  }
  return { metadata: {}, expectedRevision: NO_STREAM };
}
