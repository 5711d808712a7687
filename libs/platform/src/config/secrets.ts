import { readFileSync } from 'node:fs';
import { EnvironmentError } from './errors.ts';

/**
 * The variables that hold a secret, or an address that may have one. Each may be given as the name of a file that holds it, in
 * `<variable>_FILE`.
 */
export const secretVariables = [
  'CELLS_DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_READ_URL',
  'DATABASE_URL',
  'EVENTSTORE_ADMIN_PASSWORD',
  'EVENTSTORE_URL',
  'EVENTSTORE_USER_PASSWORD',
  'KAFKA_SASL_OAUTH_CLIENT_SECRET',
  'KAFKA_SASL_PASSWORD',
  'KEYSTORE_URL',
  'METRICS_TOKEN',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
  'REDIS_URL',
] as const;

type SecretVariable = (typeof secretVariables)[number];

const names: ReadonlySet<string> = new Set(secretVariables);

/** The text of a variable, of one that holds a secret also from its file; undefined: it is not set. @throws EnvironmentError */
export function textOf(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const text = env[variable]?.trim() || undefined;
  const file = `${variable}_FILE`;
  const path = names.has(variable) ? env[file]?.trim() : undefined;
  if (!path) return text;
  const example = `/run/secrets/${variable.toLowerCase()}`;
  const refuse = (message: string): never => {
    throw new EnvironmentError([{ variable: file, message, example }]);
  };
  if (text !== undefined) return refuse(`must not be set when ${variable} is`);
  try {
    return readFileSync(path, 'utf8').trim() || refuse('names a file with nothing in it');
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    return refuse(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** A secret, from its variable or the file that the other one names; undefined: neither is set. @throws EnvironmentError */
export function secretOf(env: NodeJS.ProcessEnv, variable: SecretVariable): string | undefined {
  return textOf(env, variable);
}
