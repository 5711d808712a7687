import { parseArgs } from 'node:util';
import { relative } from 'node:path';
import { startEngines } from './engines.mjs';
import { ENGINES } from './engines/list.mjs';
import { appList, assertAppPorts, startApps } from './apps.mjs';
import { build } from './build.mjs';
import { assertRoom } from './disk.mjs';
import { Failure } from './fail.mjs';
import { Guard } from './guarded.mjs';
import { assertPorts, portOf } from './port-numbers.mjs';
import { dataDir, folder, root } from './paths.mjs';
import { elapsed, say } from './progress.mjs';
import { claim, note, release } from './run-file.mjs';
import { endOfCommand, until } from './signals.mjs';

const NEEDED_MIB = 512;

/** `npm start`: brings everything up, stays until it is asked to stop, and takes everything down. */
export async function start(args) {
  const { apis, port } = options(args);
  const apps = appList(port, apis);
  assertPorts(apps, process.env);
  assertRoom(folder(dataDir), NEEDED_MIB);
  await claim(address(apps[0]));
  const guard = await Guard.open();
  note({ guard: guard.pid });
  const end = endOfCommand(() => guard.hurry());
  const lost = new Promise((_, reject) => {
    guard.on('lost', () =>
      reject(new Failure('The guard process was killed, so everything is stopped: run npm start again.')),
    );
  });
  try {
    await until(end, Promise.race([lost, bringUp(guard, apps)]));
    report(guard);
    await until(end, lost);
  } catch (error) {
    if (error !== end.reason) throw error;
    console.log(`\n${error.message} Stopping the apps, then the engines (Ctrl-C again: kill them).`);
  } finally {
    await guard.stop();
    release();
  }
  console.log(`Everything is stopped. The data stays in ${shown(dataDir)} (npm run reset forgets it).`);
}

/** The path as a reader in the project's folder types it. */
const shown = (path) => (path.startsWith(root) ? relative(root, path) : path);

function options(args) {
  const usage = 'usage: npm start [-- --api N], N from 1 to 8';
  try {
    const { values } = parseArgs({ args, options: { api: { type: 'string', default: '1' } } });
    const apis = Number(values.api);
    if (!Number.isInteger(apis) || apis < 1 || apis > 8) throw new Failure(usage);
    return { apis, port: portOf('PORT', 3000) };
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${error.message}; ${usage}`);
  }
}

async function bringUp(guard, apps) {
  await assertAppPorts(apps);
  await build();
  const env = await startEngines(guard, { dir: dataDir });
  note({ engines: Object.fromEntries(ENGINES.map(({ variable }) => [variable, env[variable]])) });
  await startApps(guard, apps, { dir: dataDir, env });
  guard.keep();
  welcome(apps, env);
}

const address = ({ port }) => `http://127.0.0.1:${port}`;

/** From now on each end and each new start is a line. */
function report(guard) {
  guard.on('ended', (end) => say(end.name, guard.describe(end)));
  guard.on('started', ({ name, pid }) => say(name, `started again (process ${pid})`));
}

function welcome(apps, env) {
  const api = address(apps[0]);
  const lines = [
    ...apps.map((app) => [
      app.name,
      app.name.startsWith('api') ? `${address(app)}  (${address(app)}/docs)` : address(app),
    ]),
    ...ENGINES.map(({ title, variable }) => [title, env[variable]]),
    ['logs', `${shown(dataDir)}/logs/`],
  ];
  console.log(`\nTurnstream is ready after ${elapsed()} s.\n`);
  for (const [name, text] of lines) console.log(`  ${name.padEnd(12)} ${text}`);
  const body = '{"partner_id":"P7689","channel":"whatsapp","language":"hi","region":"IN-KA"}';
  console.log(`\nTry it:\n  curl -s ${api}/v1/sessions -H 'content-type: application/json' -d '${body}'`);
  console.log('\nCtrl-C stops it, or npm stop in another terminal.\n');
}
