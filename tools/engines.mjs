/**
 * The four engines, for the launcher, the tests, the proofs and the benchmarks: each from its variable when set, else
 * by Docker compose, else natively.
 */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeSpec, dockerAnswers } from './lib/docker.mjs';
import { eventStoreSpec } from './lib/engines/event-store.mjs';
import { kafkaSpec } from './lib/engines/kafka.mjs';
import { postgresSpec } from './lib/engines/postgres.mjs';
import { valkeySpec } from './lib/engines/valkey.mjs';
import { Failure } from './lib/fail.mjs';
import { Guard } from './lib/guarded.mjs';
import { migrate } from './lib/migrate.mjs';
import { folder } from './lib/paths.mjs';
import { assertFree, freePorts } from './lib/ports.mjs';
import { say, step } from './lib/progress.mjs';
import { eventStoreReady, kafkaReady, postgresReady, redisReady } from './lib/ready.mjs';

export const ENGINES = [
  {
    name: 'event-store',
    title: 'Event store',
    variable: 'EVENTSTORE_URL',
    portVariable: 'EVENTSTORE_PORT',
    port: 2113,
    url: (port) => `esdb://127.0.0.1:${port}?tls=false`,
    spec: eventStoreSpec,
    ready: eventStoreReady,
  },
  {
    name: 'kafka',
    title: 'Kafka',
    variable: 'KAFKA_BROKERS',
    portVariable: 'KAFKA_PORT',
    port: 9092,
    url: (port) => `127.0.0.1:${port}`,
    spec: kafkaSpec,
    ready: kafkaReady,
  },
  {
    name: 'valkey',
    title: 'Valkey',
    variable: 'REDIS_URL',
    portVariable: 'REDIS_PORT',
    port: 6379,
    url: (port) => `redis://127.0.0.1:${port}`,
    spec: valkeySpec,
    ready: redisReady,
  },
  {
    name: 'postgres',
    title: 'PostgreSQL',
    variable: 'DATABASE_URL',
    portVariable: 'DATABASE_PORT',
    port: 5432,
    url: (port) => `postgres://turnstream:turnstream@127.0.0.1:${port}/turnstream`,
    spec: postgresSpec,
    ready: postgresReady,
  },
];

const REMEDY = 'Mend what it says, or start afresh without its data (npm run reset).';

/**
 * Starts the engines, waits until each answers, and migrates the database.
 * @param {Guard} guard
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

/** Private engines with fresh data for as long as `fn` runs; it gets their variables. */
export async function withEngines(fn) {
  const guard = await Guard.open();
  const dir = privateFolder();
  guard.remove(dir);
  const interrupted = new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => reject(new Failure(`Stopped by ${signal}.`)));
    }
    guard.on('lost', () => reject(new Failure('The guard process was killed: everything is stopped.')));
  });
  guard.on('ended', (end) => say(end.name, guard.describe(end)));
  try {
    const work = startEngines(guard, { dir, privately: true }).then((env) => fn(env, guard));
    return await Promise.race([work, interrupted]);
  } finally {
    await guard.stop();
  }
}

/** A fresh folder that also the database's user may enter. */
export function privateFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-'));
  chmodSync(dir, 0o755);
  return dir;
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
  const spec = { ...composeSpec({ project, services, ports, keep: !privately }), log };
  const allReady = () => Promise.all(engines.map((engine) => engine.ready(env[engine.variable])));
  await step('Docker', `starting ${services.join(', ')}`, () => guard.up(spec, allReady, 300_000));
}

async function checkGiven({ title, variable, ready }, url) {
  try {
    await step(
      title,
      `asking the one of ${variable}`,
      () => ready(url),
      () => 'answers',
    );
  } catch (error) {
    throw new Failure(
      `${title} does not answer at ${variable}=${url.replace(/:[^:@/]+@/, ':***@')} (${error.message || error.code}): ` +
        `start it, or unset ${variable}.`,
    );
  }
}
