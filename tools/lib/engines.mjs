import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeSpec, dockerAnswers } from './docker.mjs';
import { ENGINES } from './engines/list.mjs';
import { Failure } from './fail.mjs';
import { migrate } from './migrate.mjs';
import { folder } from './paths.mjs';
import { assertFree, freePorts } from './ports.mjs';
import { step } from './progress.mjs';

const GIVEN_MS = 5000;
const NATIVE = 'Mend what it says, or set TURNSTREAM_ENGINES=native.';
const REMEDY = 'Mend what it says, or start afresh without its data (npm run reset).';

/**
 * Starts the engines, waits until each answers, and migrates the database.
 * @param {import('./guarded.mjs').Guard} guard
 * @param {{ dir: string, privately?: boolean }} options dir: where their data and logs go; privately: on free ports,
 *   nothing kept
 * @returns {Promise<Record<string, string>>} the variables that the apps need
 */
export async function startEngines(guard, { dir, privately = false }) {
  const given = ENGINES.filter(({ variable }) => process.env[variable]);
  const ours = ENGINES.filter(({ variable }) => !process.env[variable]);
  const ports = await choosePorts(ours, privately);
  const docker = ours.length > 0 && (await useDocker());
  const urls = ENGINES.map((engine) => [
    engine.variable,
    process.env[engine.variable] ?? engine.url(ports[engine.portVariable]),
  ]);
  const env = Object.fromEntries(urls);
  const starting = docker
    ? [startDocker(guard, ours, { dir, ports, env, privately })]
    : ours.map((engine) =>
        startNative(guard, engine, { dir, port: ports[engine.portVariable], url: env[engine.variable] }),
      );
  await Promise.all([...starting, ...given.map((engine) => checkGiven(engine, env[engine.variable]))]);
  await step(
    'PostgreSQL',
    'migrating',
    () => migrate(env.DATABASE_URL),
    (count) => `migrated (${count} new)`,
  );
  return env;
}

async function choosePorts(engines, privately) {
  const free = privately ? await freePorts(engines.length) : [];
  const ports = {};
  for (const [index, { title, port, portVariable, variable }] of engines.entries()) {
    ports[portVariable] = free[index] ?? Number(process.env[portVariable] ?? port);
    if (privately) continue;
    const remedy = `set ${portVariable} to another port, or ${variable} to use the engine that runs there`;
    await assertFree(ports[portVariable], title, remedy);
  }
  return ports;
}

async function useDocker() {
  const wanted = process.env.TURNSTREAM_ENGINES;
  if (wanted && wanted !== 'native' && wanted !== 'docker') {
    throw new Failure(`TURNSTREAM_ENGINES is ${wanted}: set it to native or docker, or leave it out.`);
  }
  if (wanted === 'native') return false;
  const answers = await dockerAnswers();
  if (wanted === 'docker' && !answers) {
    throw new Failure('No Docker engine with compose answers: start Docker, or unset TURNSTREAM_ENGINES.');
  }
  return answers;
}

async function startNative(guard, engine, { dir, port, url }) {
  const spec = await engine.spec({ dir, port });
  const log = join(folder(dir, 'logs'), `${engine.name}.log`);
  const up = () => guard.up({ ...spec, log, remedy: REMEDY }, () => engine.ready(url));
  await step(engine.title, `starting on 127.0.0.1:${port}`, up);
}

async function startDocker(guard, engines, { dir, ports, env, privately }) {
  const services = engines.map(({ name }) => name);
  const project = privately ? `turnstream-${process.pid}` : 'turnstream';
  const log = join(folder(dir, 'logs'), 'docker.log');
  const spec = { ...composeSpec({ project, services, ports, keep: !privately }), log, remedy: NATIVE };
  const allReady = () => Promise.all(engines.map((engine) => engine.ready(env[engine.variable])));
  await step('Docker', `starting ${services.join(', ')}`, () => guard.up(spec, allReady, 300_000));
}

async function checkGiven({ title, variable, ready }, url) {
  try {
    const asking = () => patiently(() => ready(url));
    await step(title, `asking the one of ${variable}`, asking, () => 'answers');
  } catch (error) {
    const shown = url.replace(/:[^:@/]+@/, ':***@');
    throw new Failure(
      `${title} does not answer at ${variable}=${shown} (${error.message || error.code}): start it, or unset ${variable}.`,
    );
  }
}

/** A given engine may be starting just now. */
async function patiently(ask) {
  const deadline = Date.now() + GIVEN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(500);
  }
}
