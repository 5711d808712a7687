import { Matches, ValidateIf } from 'class-validator';
import { ConfigError, IsWhole, orExit, readEnvironment } from '#platform';

/** Signatures by a private key, verified with a public key. */
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
/** Signatures by a shared secret, which every verifier has, too. */
const symmetric = ['HS256', 'HS384', 'HS512'] as const;

/** The issuer of accepted tokens, and how tokens are verified. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The address or the file of a JWKS, or the file of a shared secret: never both, so that no key can be used as the other. */
  readonly keys: { readonly jwks: string } | { readonly secretFile: string };
  /** How far the clocks of the issuer and of this process may differ. */
  readonly leewayS: number;
  /** The maximum age of a token, whatever its expiry says. */
  readonly maxAgeS: number;
}

/** Who may call; the token under which it is injected. */
export abstract class AccessConfig {
  /** Undefined: every caller is accepted, as `openCaller`. Never in production. */
  abstract readonly issuer: Issuer | undefined;
  /** Requests per subject: at most this many in this many seconds. */
  abstract readonly rate: { readonly requests: number; readonly windowS: number };
}

class Environment {
  AUTH_ISSUER = '';
  AUTH_AUDIENCE = 'turnstream';

  @ValidateIf(({ AUTH_JWKS }: Environment) => AUTH_JWKS.includes('://'))
  @Matches(/^(https:\/\/[^\s/]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$))/, {
    message: 'must be a file, or an https:// address',
  })
  AUTH_JWKS = '';

  AUTH_SECRET_FILE = '';
  AUTH_ALGORITHMS = '';

  @IsWhole(0, 300)
  AUTH_LEEWAY_S = 5;

  @IsWhole(60, 31_536_000)
  AUTH_MAX_TOKEN_AGE_S = 86_400;

  @IsWhole(1, 1_000_000_000)
  RATE_LIMIT = 600_000;

  @IsWhole(1, 3_600)
  RATE_LIMIT_WINDOW_S = 60;
}

/**
 * Reads the access configuration.
 * @throws ConfigError when a variable is wrong, or in production without an issuer
 */
export function loadAccessConfig(env: NodeJS.ProcessEnv): AccessConfig {
  const environment = readEnvironment(Environment, env, {
    examples: { AUTH_JWKS: 'https://id.example.com/.well-known/jwks.json' },
  });
  const rate = { requests: environment.RATE_LIMIT, windowS: environment.RATE_LIMIT_WINDOW_S };
  const { AUTH_ISSUER: issuer, AUTH_JWKS: jwks, AUTH_SECRET_FILE: secretFile } = environment;
  if (issuer !== '') return { issuer: issuerOf(environment), rate };
  if (env['NODE_ENV'] === 'production')
    throw new ConfigError(
      'Wrong environment: AUTH_ISSUER is missing, and with NODE_ENV=production nobody is let in without a token ' +
        '(example: AUTH_ISSUER=https://id.example.com with AUTH_JWKS=https://id.example.com/.well-known/jwks.json)',
    );
  if (jwks !== '' || secretFile !== '')
    throw new ConfigError(
      'Wrong environment: AUTH_JWKS and AUTH_SECRET_FILE need AUTH_ISSUER (example: AUTH_ISSUER=https://id.example.com)',
    );
  return { issuer: undefined, rate };
}

/** `loadAccessConfig` for the process's environment; on an error it writes one line to stderr and exits with 78. */
export function loadAccessConfigOrExit(): AccessConfig {
  return orExit(() => loadAccessConfig(process.env));
}

function issuerOf(environment: Environment): Issuer {
  const { AUTH_JWKS: jwks, AUTH_SECRET_FILE: secretFile } = environment;
  if ((jwks === '') === (secretFile === ''))
    throw new ConfigError(
      'Wrong environment: AUTH_ISSUER needs either AUTH_JWKS or AUTH_SECRET_FILE ' +
        '(example: AUTH_JWKS=https://id.example.com/.well-known/jwks.json)',
    );
  const isShared = secretFile !== '';
  const allowed: readonly string[] = isShared ? symmetric : asymmetric;
  const algorithms = environment.AUTH_ALGORITHMS.split(',').filter(Boolean);
  if (!algorithms.every((item) => allowed.includes(item)))
    throw new ConfigError(
      `Wrong environment: AUTH_ALGORITHMS must be of ${allowed.join(', ')}, with commas between, where ` +
        `${isShared ? 'AUTH_SECRET_FILE' : 'AUTH_JWKS'} is set (example: AUTH_ALGORITHMS=${allowed[0]})`,
    );
  const standard = isShared ? ['HS256'] : ['RS256', 'ES256', 'EdDSA'];
  return {
    issuer: environment.AUTH_ISSUER,
    audience: environment.AUTH_AUDIENCE,
    algorithms: algorithms.length > 0 ? algorithms : standard,
    keys: isShared ? { secretFile } : { jwks },
    leewayS: environment.AUTH_LEEWAY_S,
    maxAgeS: environment.AUTH_MAX_TOKEN_AGE_S,
  };
}
