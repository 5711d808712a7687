import { EventStoreDBClient, type Credentials } from '@eventstore/db-client';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import messages from '@eventstore/db-client/generated/users_pb.js';

type UsersClient = InstanceType<typeof usersGrpc.UsersClient>;
type CallArguments = [metadata: Metadata, options: object];

/** Internals of the client: it has no calls for users, but its connection can make them. */
interface Internals {
  execute<T>(type: unknown, name: string, action: (client: UsersClient) => Promise<T>): Promise<T>;
  callArguments(options: { credentials: Credentials }): CallArguments;
  createCredentialsMetadataGenerator: unknown;
}

const internalsOf = (client: EventStoreDBClient): Internals => client as unknown as Internals;

/** A client for a connection string. It sends credentials without TLS too, where the client normally drops them. */
export function connect(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  if (/[?&]tls=false/i.test(url)) internalsOf(client).createCredentialsMetadataGenerator = basicCredentials;
  return client;
}

function basicCredentials({ username, password }: Credentials) {
  return (_options: unknown, callback: (error: null, metadata: Metadata) => void): void => {
    const metadata = new Metadata();
    metadata.add('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
    callback(null, metadata);
  };
}

/** Creates a user in no group. @returns false when the name is taken */
export async function createUser(
  client: EventStoreDBClient,
  user: Credentials,
  admin: Credentials,
): Promise<boolean> {
  const options = new messages.CreateReq.Options()
    .setLoginName(user.username)
    .setPassword(user.password)
    .setFullName('Turnstream');
  const request = new messages.CreateReq().setOptions(options);
  try {
    await call(client, admin, (users, args, done) => users.create(request, ...args, done));
    return true;
  } catch (error) {
    if (exceptionOf(error) === 'user-conflict') return false;
    throw error;
  }
}

export async function userExists(
  client: EventStoreDBClient,
  username: string,
  admin: Credentials,
): Promise<boolean> {
  const options = new messages.DetailsReq.Options().setLoginName(username);
  const request = new messages.DetailsReq().setOptions(options);
  const ask = (users: UsersClient, args: CallArguments, done: Done): void => {
    const details = users.details(request, ...args);
    details
      .on('data', () => undefined)
      .on('error', done)
      .on('end', () => done(null));
  };
  try {
    await call(client, admin, ask);
    return true;
  } catch (error) {
    if (exceptionOf(error) === 'user-not-found') return false;
    throw error;
  }
}

export async function resetPassword(
  client: EventStoreDBClient,
  user: Credentials,
  admin: Credentials,
): Promise<void> {
  const options = new messages.ResetPasswordReq.Options()
    .setLoginName(user.username)
    .setNewPassword(user.password);
  const request = new messages.ResetPasswordReq().setOptions(options);
  await call(client, admin, (users, args, done) => users.resetPassword(request, ...args, done));
}

type Done = (error: ServiceError | null) => void;

function call(
  client: EventStoreDBClient,
  credentials: Credentials,
  send: (users: UsersClient, args: CallArguments, done: Done) => void,
): Promise<void> {
  const internals = internalsOf(client);
  const args = internals.callArguments({ credentials });
  return internals.execute(
    usersGrpc.UsersClient,
    'users',
    (users) =>
      new Promise<void>((resolve, reject) => {
        send(users, args, (error) => (error ? reject(error) : resolve()));
      }),
  );
}

const exceptionOf = (error: unknown): unknown =>
  (error as Partial<ServiceError>).metadata?.getMap()['exception'];
