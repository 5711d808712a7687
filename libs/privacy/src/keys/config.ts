import { Matches } from 'class-validator';
import { ConfigError, IsWhole, NamesPooling, orExit, readEnvironment } from '#platform';

/** What each process reads from its environment about keys; the token under which it is injected. */
export abstract class KeysConfig {
  /** Where data keys and master keys are; null: nothing is encrypted. */
  abstract readonly keys: { readonly storeUrl: string; readonly masterKeys: string } | null;
  /** How long an unwrapped key stays in memory, and how many at most. */
  abstract readonly keptS: number;
  abstract readonly kept: number;
}

const day = 86_400;

class Environment {
  @Matches(/^$|^file:[^\s]+$|^postgres(ql)?:\/\/[^\s/]*\/[^\s/]+/, {
    message: 'must be file:PATH or a postgresql:// address with a database',
  })
  @NamesPooling()
  KEYSTORE_URL = '';

  @Matches(/^$|^file:[^\s]+$|^aws-kms:[^\s]+$/, { message: 'must be file:PATH or aws-kms:KEY' })
  MASTER_KEYS = '';

  @IsWhole(1, day)
  KEYS_KEPT_S = 300;

  @IsWhole(1, 10_000_000)
  KEYS_KEPT = 50_000;
}

const examples = {
  KEYSTORE_URL: 'postgresql://keys:secret@keys.internal:5432/keys',
  MASTER_KEYS: 'aws-kms:alias/turnstream',
};

/**
 * Reads where keys are. In production there is no default: nothing is stored in plain by mistake.
 * @throws ConfigError that lists every wrong variable; no value is in its text
 */
export function loadKeysConfig(env: NodeJS.ProcessEnv): KeysConfig {
  const given = readEnvironment(Environment, env, { examples });
  const { KEYSTORE_URL: storeUrl, MASTER_KEYS: masterKeys } = given;
  if (storeUrl === '' && env['NODE_ENV'] === 'production') refuse('KEYSTORE_URL', 'is missing');
  if (storeUrl !== '' && masterKeys === '') refuse('MASTER_KEYS', 'is missing: KEYSTORE_URL is set');
  return {
    keys: storeUrl === '' ? null : { storeUrl, masterKeys },
    keptS: given.KEYS_KEPT_S,
    kept: given.KEYS_KEPT,
  };
}

/** As `loadKeysConfig` of the process's environment; on a wrong one writes its one line to stderr and exits with 78. */
export function loadKeysConfigOrExit(): KeysConfig {
  return orExit(() => loadKeysConfig(process.env));
}

function refuse(variable: keyof typeof examples, message: string): never {
  const example = `${variable}=${examples[variable]}`;
  throw new ConfigError(`Wrong environment: ${variable} ${message} (example: ${example})`);
}
