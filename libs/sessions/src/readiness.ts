import { AccessDeniedError } from '@eventstore/db-client';

/** gRPC: the name or the password is wrong. */
const unauthenticated = 16;

/** A health check that says what to do when the event store denies access. */
export const explainingDenial = (check: () => Promise<unknown>) => async (): Promise<void> => {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
    const message =
      Number(error.code) === unauthenticated
        ? 'The event store does not accept the user name or the password of EVENTSTORE_URL.'
        : 'The event store denies its user to read $all: run npm run setup-event-store, which grants it.';
    throw new Error(message, { cause: error });
  }
};
