/**
 * `npm start`: starts everything, runs until it is stopped, and stops everything. `npm run dev` (`--watch`): the
 * same, and the apps restart when their code changes.
 */
import { relative } from 'node:path';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { withoutPassword } from '../shared/address.ts';
import type { Apps } from './apps.ts';
import { addressOf, appList, startApps } from './apps.ts';
import { build } from '../shared/build.ts';
import { assertRoom, dataDir, folder, root } from '../shared/paths.ts';
import { assertUsable, portOf } from '../shared/ports.ts';
import { elapsed } from '../shared/run.ts';
import { silenceLimit } from '../shared/watch.ts';
import { headerFile } from '../shared/token.ts';
import { protect } from '../backing-services/data-folder.ts';
import { startIssuer } from './issuer.ts';
import { claim, note, release } from './run-file.ts';
import { backingServices } from '../backing-services/index.ts';
import { ownHistoryKeys, ownKeys } from './keys.ts';
import { isGiven, OFF, startBackingServices, usualPort } from './backing-services.ts';
import type { Supervisor } from './supervisor.ts';
import { Interrupted, supervise } from './supervisor.ts';

const usage =
  'usage: npm start [-- [--api N] [--without kafka]], or npm run dev with the same; N from 1 to 8';
const NEEDED_MIB = 512;
/** The path relative to the project's folder, if it is in it. */
const shown = (path: string) => (path.startsWith(root) ? relative(root, path) : path);

await runProgram(async () => {
  const { apps, watch, silenceMs } = options();
  assertRoom(folder(dataDir), NEEDED_MIB);
  await claim(addressOf(apps[0]));
  try {
    protect(dataDir, Boolean(process.env['TURNSTREAM_DATA']));
    await supervise((supervisor) => bringUp(supervisor, apps, watch), silenceMs);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.log(`Everything is stopped. The data stays in ${shown(dataDir)} (npm run reset deletes it).`);
  } finally {
    release();
  }
}, usage);

function options(): { apps: Apps; watch: boolean; silenceMs: number } {
  const { values } = parseOptions({
    api: { type: 'string', default: '1' },
    without: { type: 'string' },
    watch: { type: 'boolean', default: false },
  });
  const apis = Number(values.api);
  if (!Number.isInteger(apis) || apis < 1 || apis > 8) throw new Failure(usage);
  if (![undefined, 'kafka'].includes(values.without)) throw new Failure(usage);
  if (values.without) process.env['KAFKA_BROKERS'] = OFF;
  const apps = appList(portOf('PORT', 3000), apis);
  const last = Math.max(...apps.map(({ port }) => port));
  if (last > 65_535) throw new Failure(`PORT is too high: the apps need port ${last} too. Set a lower PORT.`);
  return { apps, watch: values.watch, silenceMs: silenceLimit() };
}

/** Does not return: the system runs until the command is interrupted. */
async function bringUp(supervisor: Supervisor, apps: Apps, watch: boolean): Promise<never> {
  const own = backingServices.filter((service) => !isGiven(service));
  await assertUsable([
    ...apps.map(({ name, port }) => ({ what: name, variable: 'PORT', port })),
    ...own.map((service) => ({
      what: service.title,
      variable: service.portVariable,
      port: usualPort(service),
    })),
  ]);
  if (process.env['TURNSTREAM_DECLARATIONS']) await checkDeclarations();
  if (!watch) await build();
  // New files are readable by this user only.
  process.umask(0o077);
  const services = await startBackingServices(supervisor, dataDir, false);
  const env = { ...services, ...ownKeys(dataDir), ...ownHistoryKeys(dataDir) };
  note(env);
  const issuer = await startIssuer(dataDir);
  await startApps(supervisor, apps, dataDir, { ...env, ...issuer }, watch);
  welcome(apps, env);
  return new Promise(() => {});
}

/** Shows the faults of the file at once, before anything starts. */
async function checkDeclarations(): Promise<void> {
  const [{ loadDeclarations }, { ConfigError }] = await Promise.all([
    import('#declarations'),
    import('#platform'),
  ]);
  try {
    loadDeclarations(process.env);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message);
    throw error;
  }
}

/** The printable address of a service. Only Kafka can be off. */
function shownAddress(address = ''): string {
  if (address !== OFF) return withoutPassword(address);
  return 'off: no events of other systems, no conversation.events, and inquiries answer 503';
}

function welcome(apps: Apps, env: Readonly<Record<string, string>>): void {
  const lines = [
    ...apps.map((app) => [app.name, addressOf(app)]),
    ['API docs', `${addressOf(apps[0])}/docs`],
    ...backingServices.map(({ title, variable }) => [title, shownAddress(env[variable])]),
    ['keys', shownAddress(env['KEYSTORE_URL'] ?? process.env['KEYSTORE_URL'])],
    ['logs', `${shown(dataDir)}/logs/`],
  ];
  console.log(`\nTurnstream is ready after ${elapsed()} s.\n`);
  for (const [name = '', text] of lines) console.log(`  ${name.padEnd(12)} ${text}`);
  const body = '{"partner_id":"P7689","channel":"whatsapp","language":"hi","region":"IN-KA"}';
  const url = `${addressOf(apps[0])}/v1/sessions`;
  const isOwn = !process.env['AUTH_ISSUER'];
  const token = isOwn ? ` -H @${shown(headerFile())}` : ' -H "authorization: Bearer $TOKEN"';
  console.log(`\nTry it:\n  curl -s ${url}${token} -H 'content-type: application/json' -d '${body}'`);
  if (isOwn) console.log('\nTokens of other roles: npm run --silent token -- --role auditor');
  console.log('\nCtrl-C stops it, or npm stop in another terminal.\n');
}
