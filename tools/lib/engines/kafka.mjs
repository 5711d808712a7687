import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../fail.mjs';
import { withLock } from '../lock.mjs';
import { cacheDir, folder, root } from '../paths.mjs';
import { freePorts } from '../ports.mjs';
import { step } from '../progress.mjs';
import { lastLines, run } from '../run.mjs';
import { maven } from './maven.mjs';

const VERSION = '4.1.0';
const LOGGING = join(root, 'tools/kafka/log4j2.properties');
const JVM = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
];

/** One Kafka broker in KRaft mode, its jars from Maven Central. */
export async function kafkaSpec({ dir, port }) {
  const java = await findJava();
  const jars = await withLock(join(folder(cacheDir), 'kafka.lock'), fetchJars);
  const [controllerPort] = await freePorts(1);
  const home = folder(dir, 'kafka');
  const config = join(home, 'server.properties');
  writeFileSync(config, properties(port, controllerPort, join(home, 'data')));
  const start = [...JVM, `-Dlog4j2.configurationFile=${LOGGING}`, '-cp', classPath(jars)];
  if (!existsSync(join(home, 'data/meta.properties'))) await format(java, start, config, home);
  return {
    name: 'kafka',
    title: 'Kafka',
    command: java,
    args: [...start, 'kafka.Kafka', config],
    graceMs: 30_000,
  };
}

async function findJava() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';
  const { code, output } = await run(java, ['-version']);
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (code === 0 && version >= 17) return java;
  const found = code === 0 ? `${java} is version ${version}` : `there is no ${java}`;
  throw new Failure(
    `Kafka needs Java 17 or newer and ${found}: install a JRE 17 (or set JAVA_HOME, or KAFKA_BROKERS).`,
  );
}

async function fetchJars() {
  const jars = join(cacheDir, `kafka-${VERSION}`);
  if (existsSync(jars)) return jars;
  return step(
    'Kafka',
    `installing (version ${VERSION} from Maven Central)`,
    async () => {
      const partial = `${jars}.partial`;
      rmSync(partial, { recursive: true, force: true });
      const log = join(cacheDir, 'maven.log');
      const pom = join(root, 'tools/kafka/pom.xml');
      const { code, output } = await run(
        await maven(),
        ['-B', '-q', '-f', pom, `-Djars=${partial}`, 'package'],
        { log },
      );
      if (/No space left/.test(output))
        throw new Failure('The disk is full: free 2 GB, then run the command again.');
      if (code !== 0 || !existsSync(partial)) {
        throw new Failure(
          `Maven cannot fetch Kafka: check the network, or set KAFKA_BROKERS. ${lastLines(output, 1)} Log: ${log}`,
        );
      }
      renameSync(partial, jars);
      return jars;
    },
    () => 'installed',
  );
}

function classPath(jars) {
  return readdirSync(jars)
    .filter((name) => name.endsWith('.jar'))
    .map((name) => join(jars, name))
    .join(':');
}

async function format(java, start, config, home) {
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const args = [...start, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', config];
  const { code, output } = await run(java, args);
  if (code !== 0) throw new Failure(`Kafka cannot make its data folder in ${home}: ${lastLines(output)}`);
}

function properties(port, controllerPort, data) {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': data,
    'num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'broker.heartbeat.interval.ms': 1000,
    'broker.session.timeout.ms': 5000,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
