/** `npm run setup-event-store`: creates the user of Turnstream on a secured event store and grants what it needs. */
import { status } from '@grpc/grpc-js';
import { addressOf, unreachable } from '../shared/address.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { readSetup } from './options.ts';
import { setUpEventStore } from './setup.ts';

const usage = `usage: npm run setup-event-store -- [--user NAME] [--reset-password]

Creates the user that Turnstream connects as, unless it exists, and lets it and $admins read $all. Can be repeated.

  EVENTSTORE_URL                 the connection string; its user is the administrator, or, when
                                 EVENTSTORE_ADMIN_PASSWORD is set, the user to create
  EVENTSTORE_ADMIN_USER          the administrator; admin by default
  EVENTSTORE_ADMIN_PASSWORD      the administrator's password
  EVENTSTORE_USER_PASSWORD       the password of the user to create, when the connection string does not have it
  --user NAME                    the user to create; by default that of the connection string, or turnstream
  --reset-password               give the user this password also when it exists`;

await runProgram(async () => {
  const { values } = parseOptions({
    user: { type: 'string' },
    'reset-password': { type: 'boolean', default: false },
  });
  const setup = readSetup(addressOf('EVENTSTORE_URL'), process.env, {
    isPasswordReset: values['reset-password'],
    ...(values.user !== undefined && { user: values.user }),
  });
  try {
    for (const line of await setUpEventStore(setup)) console.log(line);
  } catch (error) {
    throw explained(error, setup.admin.username);
  }
}, usage);

function explained(error: unknown, admin: string): unknown {
  const { code } = error as { code?: unknown };
  if (code === status.UNIMPLEMENTED)
    return new Failure(
      'The event store has no users: it runs without authentication, and nothing is missing.',
    );
  if (code === status.UNAUTHENTICATED)
    return new Failure(`The event store does not accept the name or the password of ${admin}.`);
  if (code === status.PERMISSION_DENIED)
    return new Failure(`${admin} is no administrator of the event store.`);
  if (code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED)
    return unreachable('EVENTSTORE_URL', error);
  return error;
}
