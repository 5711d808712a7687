import { IsWhole, orExit, readEnvironment } from '#platform';

/** What bounds the requests of a node; the token under which it is injected. */
export abstract class AdmissionConfig {
  /** Requests of a kind that are worked on at once, at most; fewer while they are so many that answers take longer than `targetMs`. */
  abstract readonly requestsAtOnce: number;
  /** Requests of a kind that may wait. */
  abstract readonly queue: number;
  /** Bytes of the bodies that are worked on at once. */
  abstract readonly bodyBytes: number;
  abstract readonly targetMs: number;
  /** How long a request may wait once others have waited without a break for `burstMs`; before, it may wait for that long. */
  abstract readonly waitMs: number;
  abstract readonly burstMs: number;
  /** Sockets of agents and event streams that are open at once. */
  abstract readonly connections: number;
  /** What analysts, auditors and administrators ask of the tables: queries at once, how many may wait, for how long, and the time of one. */
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

/** As `loadAdmissionConfig` of the process's environment; on a wrong one writes its one line to stderr and exits with 78. */
export function loadAdmissionConfigOrExit(): AdmissionConfig {
  return orExit(() => loadAdmissionConfig(process.env));
}
