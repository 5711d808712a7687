import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './fail.mjs';
import { folder, root } from './paths.mjs';
import { assertFree } from './ports.mjs';
import { step } from './progress.mjs';

const READY_MS = 60_000;

const app = (name, port, program = name) => ({
  name,
  port,
  program: join(root, `dist/apps/${program}/main.js`),
});

/**
 * The processes of a system with `apis` api nodes: the first on `port`, projector and bridge on the next two, the
 * other api nodes ten apart.
 */
export function appList(port, apis = 1) {
  const more = Array.from({ length: apis - 1 }, (_, index) =>
    app(`api-${index + 2}`, port + 10 * (index + 1), 'api'),
  );
  return [app('api', port), app('projector', port + 1), app('bridge', port + 2), ...more];
}

export async function assertAppPorts(apps) {
  for (const { name, port } of apps)
    await assertFree(port, name, 'set PORT to the first of a few free ports');
}

/** Starts the apps side by side and waits until each says that it is ready. */
export async function startApps(guard, apps, { dir, env }) {
  const missing = apps.find(({ program }) => !existsSync(program));
  if (missing) throw new Failure(`${missing.program} is missing: run npm run build.`);
  await Promise.all(apps.map((app) => startApp(guard, app, { dir, env })));
}

async function startApp(guard, { name, port, program }, { dir, env }) {
  const spec = {
    name,
    title: name,
    app: true,
    command: process.execPath,
    args: ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning', program],
    env: { ...process.env, ...env, PORT: String(port) },
    log: join(folder(dir, 'logs'), `${name}.log`),
    remedy: 'Mend what it says.',
  };
  const up = () => guard.up(spec, () => healthy(port), READY_MS);
  await step(name, `starting on 127.0.0.1:${port}`, up);
}

async function healthy(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3000) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`/health/ready answers ${answer.status}: ${body.slice(0, 200)}`);
}
