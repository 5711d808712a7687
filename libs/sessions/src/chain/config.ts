import { readFileSync } from 'node:fs';
import { Matches } from 'class-validator';
import { ConfigError, orExit, readEnvironment } from '#platform';
import { HistoryKeys, HistorySigner } from './signing.ts';

/** The keys of histories; the token under which they are injected. */
export abstract class HistoryConfig {
  /** The signing key; undefined: no roots are signed, and removals are recorded without a signature. */
  abstract readonly signer: HistorySigner | undefined;
  /** The public keys that verify signatures. */
  abstract readonly keys: HistoryKeys;
}

const file = /^$|^file:[^\s]+$/;
const message = 'must be file:PATH';

class Environment {
  @Matches(file, { message })
  HISTORY_SIGNING_KEY = '';

  @Matches(file, { message })
  HISTORY_PUBLIC_KEYS = '';
}

/**
 * Reads the keys. The public key of the signing key need not be listed.
 * @throws ConfigError that names the variable and contains nothing of a key
 */
export function loadHistoryConfig(env: NodeJS.ProcessEnv): HistoryConfig {
  const { HISTORY_SIGNING_KEY, HISTORY_PUBLIC_KEYS } = readEnvironment(Environment, env);
  const signer = read('HISTORY_SIGNING_KEY', HISTORY_SIGNING_KEY, (pem) => new HistorySigner(pem));
  const listed = read('HISTORY_PUBLIC_KEYS', HISTORY_PUBLIC_KEYS, (pem) => HistoryKeys.parse(pem));
  const own = signer === undefined ? [] : [signer.publicKey];
  return { signer, keys: new HistoryKeys([...(listed?.list ?? []), ...own]) };
}

export const historyConfigProvider = {
  provide: HistoryConfig,
  useFactory: (): HistoryConfig => orExit(() => loadHistoryConfig(process.env)),
};

function read<T>(variable: string, address: string, parse: (pem: string) => T): T | undefined {
  if (address === '') return undefined;
  try {
    return parse(readFileSync(address.slice('file:'.length), 'utf8'));
  } catch {
    throw new ConfigError(`Wrong environment: ${variable} names a file without an Ed25519 key (PEM)`);
  }
}
