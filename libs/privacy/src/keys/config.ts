import { IsIn, Matches } from 'class-validator';
import { ConfigError, IsWhole, NamesPooling, orExit, readEnvironment } from '#platform';

/** The key configuration of each process; the token under which it is injected. */
export abstract class KeysConfig {
  /** The addresses of data keys and master keys; null: nothing is encrypted. */
  abstract readonly keys: { readonly storeUrl: string; readonly masterKeys: string } | null;
  /** How long an unwrapped key stays in memory, and how many at most. */
  abstract readonly keptS: number;
  abstract readonly kept: number;
  /** Whether the personal fields of a new event are sealed as one. */
  abstract readonly together: boolean;
}

const day = 86_400;
const switches = ['on', 'off'] as const;

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

  @IsIn(switches, { message: `must be one of ${switches.join(', ')}` })
  SEAL_TOGETHER: (typeof switches)[number] = 'off';
}

const examples = {
  KEYSTORE_URL: 'postgresql://keys:secret@keys.internal:5432/keys',
  MASTER_KEYS: 'aws-kms:alias/turnstream',
};

/**
 * Reads the key configuration. In production there is no default, so that nothing is stored in plain by mistake.
 * @throws ConfigError that lists every wrong variable, without values
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
    together: given.SEAL_TOGETHER === 'on',
  };
}

/** `loadKeysConfig` for the process's environment; on an error it writes one line to stderr and exits with 78. */
export function loadKeysConfigOrExit(): KeysConfig {
  return orExit(() => loadKeysConfig(process.env));
}

function refuse(variable: keyof typeof examples, message: string): never {
  const example = `${variable}=${examples[variable]}`;
  throw new ConfigError(`Wrong environment: ${variable} ${message} (example: ${example})`);
}
