import { IsWhole, orExit, readEnvironment } from '#platform';

/** Settings of the admission of requests; also its injection token. */
export abstract class AdmissionConfig {
  /** Concurrent requests of a kind, at most; fewer while their number makes answers slower than `targetMs`. */
  abstract readonly requestsAtOnce: number;
  /** Requests of a kind that may wait. */
  abstract readonly queue: number;
  /** Bytes of the bodies processed at once. */
  abstract readonly bodyBytes: number;
  abstract readonly targetMs: number;
  /**
   * How long a request may wait once others have waited without a break for `burstMs`; before that, it may wait for
   * `burstMs`.
   */
  abstract readonly waitMs: number;
  abstract readonly burstMs: number;
  /** Sockets of agents and event streams open at once. */
  abstract readonly connections: number;
  /**
   * Queries of analysts, auditors and administrators: concurrent ones, how many may wait, for how long, and the time
   * limit of one.
   */
  abstract readonly analysts: {
    readonly connections: number;
    readonly waiting: number;
    readonly waitMs: number;
    readonly statementMs: number;
  };
}

class Environment {
  @IsWhole(1, 100_000)
  REQUESTS_AT_ONCE = 1_024;

  @IsWhole(0, 1_000_000)
  REQUESTS_WAITING = 1_024;

  @IsWhole(1, 4_294_967_296)
  REQUEST_BYTES_AT_ONCE = 8_388_608;

  @IsWhole(1, 60_000)
  REQUEST_TARGET_MS = 100;

  @IsWhole(1, 60_000)
  REQUEST_WAIT_MS = 100;

  @IsWhole(1, 60_000)
  REQUEST_BURST_MS = 1_000;

  @IsWhole(1, 1_000_000)
  CONNECTIONS_AT_ONCE = 20_000;

  @IsWhole(1, 1_000)
  ANALYST_CONNECTIONS = 4;

  @IsWhole(0, 10_000)
  ANALYST_WAITING = 16;

  @IsWhole(1, 60_000)
  ANALYST_WAIT_MS = 2_000;

  @IsWhole(100, 600_000)
  ANALYST_STATEMENT_MS = 10_000;
}

/** @throws ConfigError that lists every wrong variable */
export function loadAdmissionConfig(env: NodeJS.ProcessEnv): AdmissionConfig {
  const environment = readEnvironment(Environment, env);
  return {
    requestsAtOnce: environment.REQUESTS_AT_ONCE,
    queue: environment.REQUESTS_WAITING,
    bodyBytes: environment.REQUEST_BYTES_AT_ONCE,
    targetMs: environment.REQUEST_TARGET_MS,
    waitMs: environment.REQUEST_WAIT_MS,
    burstMs: environment.REQUEST_BURST_MS,
    connections: environment.CONNECTIONS_AT_ONCE,
    analysts: {
      connections: environment.ANALYST_CONNECTIONS,
      waiting: environment.ANALYST_WAITING,
      waitMs: environment.ANALYST_WAIT_MS,
      statementMs: environment.ANALYST_STATEMENT_MS,
    },
  };
}

/**
 * As `loadAdmissionConfig` with the process's environment; on a wrong variable writes one line to stderr and exits
 * with 78.
 */
export function loadAdmissionConfigOrExit(): AdmissionConfig {
  return orExit(() => loadAdmissionConfig(process.env));
}
