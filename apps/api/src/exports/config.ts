import { IsIn, IsNotEmpty } from 'class-validator';
import { IsWhole, orExit, readEnvironment } from '#platform';

const switches = ['on', 'off'] as const;

/** Settings for writing and keeping exports; also the injection token. */
export abstract class ExportConfig {
  /** The folder of the files, which all nodes share. */
  abstract readonly dir: string;
  /** Whether this node writes exports. */
  abstract readonly writes: boolean;
  /** Rows of a file; at most these are rewritten when a process dies. */
  abstract readonly partRows: number;
  /** How long an export stays with a node that does not renew its lease. */
  abstract readonly leaseMs: number;
  /** How long the files of an export are kept once it is finished. */
  abstract readonly keepHours: number;
}

class Environment {
  @IsNotEmpty({ message: 'must be a folder' })
  EXPORT_DIR = '.data/exports';

  @IsIn(switches, { message: `must be one of ${switches.join(', ')}` })
  EXPORT_WORKER: (typeof switches)[number] = 'on';

  @IsWhole(100, 10_000_000)
  EXPORT_PART_ROWS = 50_000;

  @IsWhole(300, 600_000)
  EXPORT_LEASE_MS = 10_000;

  @IsWhole(1, 8_760)
  EXPORT_KEEP_HOURS = 168;
}

/** @throws EnvironmentError that lists every wrong variable */
export function loadExportConfig(env: NodeJS.ProcessEnv): ExportConfig {
  const environment = readEnvironment(Environment, env);
  return {
    dir: environment.EXPORT_DIR,
    writes: environment.EXPORT_WORKER === 'on',
    partRows: environment.EXPORT_PART_ROWS,
    leaseMs: environment.EXPORT_LEASE_MS,
    keepHours: environment.EXPORT_KEEP_HOURS,
  };
}

/**
 * As `loadExportConfig` with the process's environment; on a wrong variable writes one line to stderr and exits with
 * 78.
 */
export function loadExportConfigOrExit(): ExportConfig {
  return orExit(() => loadExportConfig(process.env));
}
