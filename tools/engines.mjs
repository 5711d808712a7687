/** Private engines, or a whole private system, for the tests, the proofs and the benchmarks. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appList, startApps } from './lib/apps.mjs';
import { startEngines } from './lib/engines.mjs';
import { Failure } from './lib/fail.mjs';
import { Guard } from './lib/guarded.mjs';
import { freePorts } from './lib/ports.mjs';
import { say } from './lib/progress.mjs';
import { endOfCommand, until } from './lib/signals.mjs';

/** Private engines with fresh data for as long as `fn` runs; it gets their variables, the guard and the folder. */
export async function withEngines(fn) {
  const guard = await Guard.open();
  const end = endOfCommand(() => guard.hurry());
  const dir = privateFolder();
  guard.remove(dir);
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const lost = new Promise((_, reject) => {
    guard.on('lost', () => reject(new Failure('The guard process was killed, so everything is stopped.')));
  });
  const work = startEngines(guard, { dir, privately: true }).then((env) => {
    guard.on('ended', (ended) => say(ended.name, guard.describe(ended)));
    return fn({ env, guard, dir });
  });
  try {
    return await until(end, Promise.race([work, lost]));
  } finally {
    await guard.stop();
  }
}

/**
 * A private system (engines and apps on free ports, fresh data) for as long as `fn` runs. What ends is started again,
 * so a proof may kill: `guard.signal('projector', 'SIGKILL')`.
 * @template T
 * @param {{ apis?: number, env?: Record<string, string> }} options env: more variables for the apps
 * @param {(system: { env: Record<string, string>, apis: string[], guard: Guard }) => Promise<T>} fn
 * @returns {Promise<T>}
 */
export function withSystem({ apis = 1, env: more = {} }, fn) {
  return withEngines(async ({ env, guard, dir }) => {
    const list = appList(0, apis);
    const ports = await freePorts(list.length);
    const apps = list.map((app, index) => ({ ...app, port: ports[index] }));
    await startApps(guard, apps, { dir, env: { ...env, ...more } });
    guard.keep();
    const nodes = apps.filter(({ name }) => name.startsWith('api'));
    return fn({ env, guard, apis: nodes.map(({ port }) => `http://127.0.0.1:${port}`) });
  });
}

/** A fresh folder that also the database's user may enter. */
export function privateFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-'));
  chmodSync(dir, 0o755);
  return dir;
}
