import type { Credentials } from '@eventstore/db-client';
import { secretOf } from '#platform';
import { Failure } from '../shared/failure.ts';
import type { Setup } from './setup.ts';

interface Options {
  readonly user?: string;
  readonly isPasswordReset: boolean;
}

/** The administrator, and the user to create. @throws Failure when the administrator's password is missing */
export function readSetup(address: string, env: NodeJS.ProcessEnv, options: Options): Setup {
  const { url, credentials } = splitCredentials(address);
  const adminPassword = secretOf(env, 'EVENTSTORE_ADMIN_PASSWORD');
  const admin = adminPassword
    ? { username: env['EVENTSTORE_ADMIN_USER'] || 'admin', password: adminPassword }
    : credentials;
  if (!admin)
    throw new Failure(
      'The administrator is missing: set EVENTSTORE_ADMIN_PASSWORD, or name it in EVENTSTORE_URL (esdb://admin:password@host:2113).',
    );
  const given = adminPassword ? credentials : undefined;
  const username = options.user ?? given?.username ?? 'turnstream';
  const password =
    secretOf(env, 'EVENTSTORE_USER_PASSWORD') ?? (given?.username === username ? given.password : undefined);
  return { url, admin, user: { username, password }, isPasswordReset: options.isPasswordReset };
}

function splitCredentials(address: string): { url: string; credentials: Credentials | undefined } {
  const [, scheme, username, password, rest] = /^([^:]+:\/\/)([^:@/]*):([^@/]*)@(.*)$/.exec(address) ?? [];
  if (scheme === undefined || username === undefined || password === undefined)
    return { url: address, credentials: undefined };
  return {
    url: `${scheme}${rest}`,
    credentials: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
