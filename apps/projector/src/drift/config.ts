import { IsIn } from 'class-validator';
import { IsWhole, orExit, readEnvironment } from '#platform';

const healing = ['manual', 'automatic'] as const;

/** How the projector compares what it has written with the streams; the token under which it is injected. */
export abstract class DriftConfig {
  /** Sessions that one projector looks at in a minute at most; 0: none. */
  abstract readonly perMinute: number;
  /** Of its time it looks at sessions so much at most, in percent: after one that took long comes a long pause. */
  abstract readonly percent: number;
  /** Sessions with more events are left out. */
  abstract readonly mostEvents: number;
  /** Pause before the second look at a difference (ms). */
  abstract readonly confirmMs: number;
  /** Whether a difference is healed when it is found, or when somebody asks for it. */
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

/** As `loadDriftConfig` of the process's environment; on a wrong one writes its one line to stderr and exits with 78. */
export function loadDriftConfigOrExit(): DriftConfig {
  return orExit(() => loadDriftConfig(process.env));
}
