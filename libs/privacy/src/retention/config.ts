import { IsIn, IsString } from 'class-validator';
import { IsWhole, orExit, readEnvironment } from '#platform';
import type { Role } from '../access/caller.ts';
import { roles } from '../access/caller.ts';
import type { ReadPolicy } from '../access/read-days.ts';
import { daysByRole, IsDaysByRole } from '../access/read-days.ts';

/** How long data is kept, in days (0: without limit); the token under which it is injected. */
export abstract class RetentionConfig {
  /** Data of a partner used within this many days is restricted before it is erased. */
  abstract readonly floorDays: number;
  /** The role that may read restricted data. */
  abstract readonly restrictedRole: Role;
  /** A partner without contact for this many days is erased. */
  abstract readonly inactiveDays: number;
  /** How long in advance the erasure is announced. */
  abstract readonly noticeHours: number;
  /** How long backups of the key store are kept. */
  abstract readonly keyBackupDays: number;
  /** After this many days these are deleted: ended sessions with all their events; the memory of partners; the access log. */
  abstract readonly sessionsDays: number;
  abstract readonly partnersDays: number;
  abstract readonly accessDays: number;
  /** How far back each role reads of what is kept. */
  abstract readonly read: ReadPolicy;
  /** The folder in which turns are archived before their sessions are deleted; null: no archive. */
  abstract readonly archiveDir: string | null;
  /** Time between two retention runs. */
  abstract readonly intervalS: number;
}

class Environment {
  @IsWhole(0, 3_650)
  RETENTION_FLOOR_DAYS = 0;

  @IsIn(roles, { message: `must be one of ${roles.join(', ')}` })
  RESTRICTED_ROLE: Role = 'auditor';

  @IsWhole(0, 3_650)
  ERASE_INACTIVE_DAYS = 0;

  @IsWhole(1, 8_760)
  ERASE_NOTICE_HOURS = 48;

  @IsWhole(0, 3_650)
  KEYSTORE_BACKUP_DAYS = 30;

  @IsWhole(0, 36_500)
  RETENTION_SESSIONS_DAYS = 0;

  @IsWhole(0, 36_500)
  RETENTION_PARTNERS_DAYS = 0;

  @IsWhole(0, 36_500)
  RETENTION_ACCESS_DAYS = 0;

  @IsDaysByRole()
  READ_SESSIONS_DAYS = '';

  @IsDaysByRole()
  READ_PARTNERS_DAYS = '';

  @IsDaysByRole()
  READ_ACCESS_DAYS = '';

  @IsString()
  RETENTION_ARCHIVE_DIR = '';

  @IsWhole(1, 604_800)
  RETENTION_INTERVAL_S = 3_600;
}

/** @throws EnvironmentError that lists every wrong variable */
export function loadRetentionConfig(env: NodeJS.ProcessEnv): RetentionConfig {
  const environment = readEnvironment(Environment, env);
  return {
    floorDays: environment.RETENTION_FLOOR_DAYS,
    restrictedRole: environment.RESTRICTED_ROLE,
    inactiveDays: environment.ERASE_INACTIVE_DAYS,
    noticeHours: environment.ERASE_NOTICE_HOURS,
    keyBackupDays: environment.KEYSTORE_BACKUP_DAYS,
    sessionsDays: environment.RETENTION_SESSIONS_DAYS,
    partnersDays: environment.RETENTION_PARTNERS_DAYS,
    accessDays: environment.RETENTION_ACCESS_DAYS,
    read: {
      sessions: daysByRole(environment.READ_SESSIONS_DAYS),
      partners: daysByRole(environment.READ_PARTNERS_DAYS),
      access: daysByRole(environment.READ_ACCESS_DAYS),
    },
    archiveDir: environment.RETENTION_ARCHIVE_DIR === '' ? null : environment.RETENTION_ARCHIVE_DIR,
    intervalS: environment.RETENTION_INTERVAL_S,
  };
}

/** `loadRetentionConfig` for the process's environment; an error ends the process with 78. */
function loadRetentionConfigOrExit(): RetentionConfig {
  return orExit(() => loadRetentionConfig(process.env));
}

export const retentionConfigProvider = { provide: RetentionConfig, useFactory: loadRetentionConfigOrExit };
