import { IsIn } from 'class-validator';
import { IsWhole, orExit, readEnvironment } from '#platform';

const healing = ['manual', 'automatic'] as const;

/** Settings for comparing contexts and rows with their streams; also the injection token. */
export abstract class DriftConfig {
  /** Maximum number of sessions that one projector checks per minute; 0: none. */
  abstract readonly perMinute: number;
  /** Maximum share of its time for checks, in percent: a long check is followed by a long pause. */
  abstract readonly percent: number;
  /** Sessions with more events are skipped. */
  abstract readonly mostEvents: number;
  /** Pause before the second look at a difference (ms). */
  abstract readonly confirmMs: number;
  /** Whether a difference is healed when it is found, or on request. */
  abstract readonly heal: (typeof healing)[number];
}

class Environment {
  @IsWhole(0, 60_000)
  DRIFT_CHECK_PER_MINUTE = 30;

  @IsWhole(1, 100)
  DRIFT_CHECK_PERCENT = 5;

  @IsWhole(1, 1_000_000)
  DRIFT_CHECK_MOST_EVENTS = 5_000;

  @IsWhole(0, 600_000)
  DRIFT_CHECK_CONFIRM_MS = 2_000;

  @IsIn(healing, { message: `must be one of ${healing.join(', ')}` })
  DRIFT_CHECK_HEAL: (typeof healing)[number] = 'manual';
}

/** @throws ConfigError that lists every wrong variable */
export function loadDriftConfig(env: NodeJS.ProcessEnv): DriftConfig {
  const environment = readEnvironment(Environment, env);
  return {
    perMinute: environment.DRIFT_CHECK_PER_MINUTE,
    percent: environment.DRIFT_CHECK_PERCENT,
    mostEvents: environment.DRIFT_CHECK_MOST_EVENTS,
    confirmMs: environment.DRIFT_CHECK_CONFIRM_MS,
    heal: environment.DRIFT_CHECK_HEAL,
  };
}

/**
 * As `loadDriftConfig` with the process's environment; on a wrong variable writes one line to stderr and exits with
 * 78.
 */
export function loadDriftConfigOrExit(): DriftConfig {
  return orExit(() => loadDriftConfig(process.env));
}
