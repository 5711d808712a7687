import { eventBreaks } from './events.ts';
import { httpApiBreaks } from './http-api.ts';
import { messageBreaks } from './messages.ts';
import { migrationBreaks } from './migrations.ts';
import type { Release } from './release.ts';

/** Changes that break a client, a service or an older release, one line each. */
export function breaks(before: Release, after: Release): string[] {
  return [
    ...(before.openApi && after.openApi ? httpApiBreaks(before.openApi, after.openApi) : []),
    ...(before.asyncApi && after.asyncApi ? messageBreaks(before.asyncApi, after.asyncApi) : []),
    ...(before.events && after.events ? eventBreaks(before.events, after.events) : []),
    ...migrationBreaks(before.migrations, after.migrations),
  ];
}

/** Whether the version announces a break: a new major version, or a new minor one of version 0. */
export function announcesBreak(before: string, after: string): boolean {
  const [oldMajor = 0, oldMinor = 0] = before.split('.').map(Number);
  const [major = 0, minor = 0] = after.split('.').map(Number);
  return major > oldMajor || (major === 0 && oldMajor === 0 && minor > oldMinor);
}
