import { Matches } from 'class-validator';
import type { Tls } from '#platform';
import { Given, IsWhole, loadMetricsToken, readEnvironment } from '#platform';

export interface RouterConfig {
  readonly host: string;
  readonly port: number;
  /** The address of the cell directory. */
  readonly directoryUrl: string;
  /** How often the router reads changes of the directory. */
  readonly refreshMs: number;
  /** How long a request is held while its partner moves, before it is refused with 503. */
  readonly holdMs: number;
  /** Maximum bytes of a body, which the router keeps to resend it to another cell. */
  readonly bodyBytes: number;
  /** Bytes of all bodies that it keeps at a time. */
  readonly heldBytes: number;
  /** How long a cell has for the first byte of its answer. */
  readonly answerMs: number;
  /** For cells that are reached by https. */
  readonly tls: Tls;
  /** The token that allows other machines to read metrics; undefined: only this machine may. */
  readonly metricsToken: string | undefined;
}

class Environment {
  @Matches(/^postgres(ql)?:\/\/[^\s/]*\/[^\s/]+/, {
    message: 'must be a postgresql:// address with a database',
  })
  CELLS_DATABASE_URL: string;

  HOST = '127.0.0.1';

  @IsWhole(0, 65_535)
  PORT = 3003;

  @IsWhole(50, 600_000)
  CELLS_REFRESH_MS = 1_000;

  @IsWhole(0, 60_000)
  CELLS_HOLD_MS = 10_000;

  @IsWhole(1_024, 16_777_216)
  CELLS_BODY_BYTES = 1_048_576;

  @IsWhole(1_048_576, 17_179_869_184)
  CELLS_HELD_BYTES = 134_217_728;

  @IsWhole(100, 600_000)
  CELLS_ANSWER_MS = 60_000;

  CELLS_SSL_CA_FILE = '';
  CELLS_SSL_CERT_FILE = '';
  CELLS_SSL_KEY_FILE = '';
  CELLS_SSL_SERVERNAME = '';
}

const examples = {
  CELLS_DATABASE_URL: 'postgresql://turnstream:secret@127.0.0.1:5432/cells',
  CELLS_SSL_CA_FILE: '/etc/turnstream/ca.pem',
  CELLS_SSL_CERT_FILE: '/etc/turnstream/router.pem',
  CELLS_SSL_KEY_FILE: '/etc/turnstream/router.key',
};

/** @throws ConfigError that lists every wrong variable */
export function loadRouterConfig(env: NodeJS.ProcessEnv): RouterConfig {
  const environment = readEnvironment(Environment, env, { examples });
  return {
    host: environment.HOST,
    port: environment.PORT,
    directoryUrl: environment.CELLS_DATABASE_URL,
    refreshMs: environment.CELLS_REFRESH_MS,
    holdMs: environment.CELLS_HOLD_MS,
    bodyBytes: environment.CELLS_BODY_BYTES,
    heldBytes: environment.CELLS_HELD_BYTES,
    answerMs: environment.CELLS_ANSWER_MS,
    tls: tlsOf(environment),
    metricsToken: loadMetricsToken(env),
  };
}

function tlsOf(environment: Environment): Tls {
  const { CELLS_SSL_CA_FILE, CELLS_SSL_CERT_FILE, CELLS_SSL_KEY_FILE, CELLS_SSL_SERVERNAME } = environment;
  const variables = { CELLS_SSL_CA_FILE, CELLS_SSL_CERT_FILE, CELLS_SSL_KEY_FILE, CELLS_SSL_SERVERNAME };
  return new Given(variables, examples).tls('CELLS_SSL');
}
