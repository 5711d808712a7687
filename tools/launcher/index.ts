/** Private backing services, or a whole private system, for the tests, the acceptance runs and the benchmarks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../shared/build.ts';
import { addressOf, appList, startApps } from './apps.ts';
import { freePorts } from '../shared/free-ports.ts';
import { startBackingServices } from './backing-services.ts';
import { withIssuer } from './issuer.ts';
import type { Supervisor } from './supervisor.ts';
import { supervise } from './supervisor.ts';

export { build };

export interface BackingServices {
  /** Their variables: EVENTSTORE_URL, KAFKA_BROKERS, REDIS_URL, DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  readonly supervisor: Supervisor;
  /** The folder of their data and logs. */
  readonly dir: string;
}

export interface System extends BackingServices {
  /** Addresses of the api nodes. */
  readonly apis: readonly string[];
  /** Addresses of all apps: the api nodes, the projector and the bridge. */
  readonly apps: readonly string[];
}

/** Private backing services with fresh data while `fn` runs; services that a variable names are used as they are. */
export function withBackingServices<T>(fn: (services: BackingServices) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  return supervise(async (supervisor) => {
    const env = await startBackingServices(supervisor, dir, true);
    return fn({ env, supervisor, dir });
  }).finally(remove);
}

/**
 * A private system (backing services and apps on free ports, fresh data) while `fn` runs. Dead processes are
 * restarted, so a scenario may kill: `supervisor.signal('projector', 'SIGKILL')`. `env`: additional variables of the
 * apps. It has its own issuer, and TURNSTREAM_TOKEN is a token of it.
 */
export async function withSystem<T>(
  { apis = 1, env: more = {} }: { readonly apis?: number; readonly env?: Readonly<Record<string, string>> },
  fn: (system: System) => Promise<T>,
): Promise<T> {
  await build();
  return withBackingServices(async ({ env, supervisor, dir }) => {
    const ports = await freePorts(apis + 2);
    const apps = appList(0, apis).map((app, index) => ({ ...app, port: ports[index] ?? 0 }));
    return withIssuer(dir, async (issuer) => {
      await startApps(supervisor, apps, dir, { ...env, ...issuer, ...more });
      const addresses = apps.filter(({ app }) => app === 'api').map(addressOf);
      return fn({ env, supervisor, dir, apis: addresses, apps: apps.map(addressOf) });
    });
  });
}
