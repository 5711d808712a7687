import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../shared/failure.ts';
import { folder, root } from '../shared/paths.ts';
import { freePorts } from '../shared/free-ports.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { lastLines, run } from '../shared/run.ts';
import { answersAt, GREETINGS } from './answers.ts';
import type { BackingService } from './service.ts';
import { installed } from './service.ts';

const withoutKafka = 'do without Kafka and inquiries: npm start -- --without kafka';
const setup = join(root, 'tools/kafka');
const JVM = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
];

/** One Kafka broker in KRaft mode, its jars from Maven Central. */
export const kafka: BackingService = {
  name: 'kafka',
  title: 'Kafka',
  variable: 'KAFKA_BROKERS',
  portVariable: 'KAFKA_PORT',
  port: 9092,
  url: (port) => `127.0.0.1:${port}`,
  program: async (dir, port) => {
    const { base, archive } = await javaOf();
    const jvm = withArchive(base, archive);
    const home = folder(dir, 'kafka');
    const config = join(home, 'server.properties');
    const values = { port, controllerPort: (await freePorts(1))[0], data: join(home, 'data') };
    const template = readFileSync(join(setup, 'server.properties'), 'utf8');
    const fill = (_: string, key: keyof typeof values) => String(values[key]);
    writeFileSync(config, template.replaceAll(/\{(\w+)\}/g, fill));
    if (!existsSync(join(home, 'data/meta.properties'))) {
      const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
      const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', config];
      // The first run on a machine archives the loaded classes; later starts only map the archive.
      const partial = `${archive}.${process.pid}`;
      const archiving = [...base, `-XX:ArchiveClassesAtExit=${partial}`];
      const { code, output } = await run([...(existsSync(archive) ? jvm : archiving), ...format]);
      if (existsSync(partial)) renameSync(partial, archive);
      if (code !== 0) throw new Failure(`Kafka cannot make its data folder ${home}: ${lastLines(output)}`);
    }
    const answers = answersAt(port, GREETINGS.kafka);
    return { command: [...jvm, 'kafka.Kafka', config], graceMs: 30_000, answers };
  },
  ready: async (url) => {
    const admin = kafkaOf('turnstream-launcher', url).admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      if ((await admin.describeCluster()).controller === null) throw new Error('no controller yet');
    } finally {
      await admin.disconnect();
    }
  },
};

/** The command that runs a class of Kafka's. */
export async function kafkaJvm(): Promise<string[]> {
  const { base, archive } = await javaOf();
  return withArchive(base, archive);
}

/** A JVM that maps a class archive, if it exists. */
function withArchive(base: readonly string[], archive: string): string[] {
  return [...base, `-XX:SharedArchiveFile=${archive}`];
}

/** A JVM with Kafka's classes, and where their archive is. */
async function javaOf(): Promise<{ base: readonly string[]; archive: string }> {
  const { java, version } = await findJava();
  const jars = await installed(
    'kafka-4.1.0',
    fetchJars,
    `check the network, set KAFKA_BROKERS, or ${withoutKafka}`,
  );
  const classes = ['-cp', `${jars}/*`, `-Dlog4j2.configurationFile=${setup}/log4j2.properties`];
  return { base: [java, ...JVM, ...classes], archive: `${jars}-java-${version}.jsa` };
}

async function findJava(): Promise<{ java: string; version: string }> {
  const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : 'java';
  const { code, output } = await run([java, '-version']);
  const [, version = ''] = /version "([\w.+-]+)/.exec(output) ?? [];
  if (code === 0 && Number.parseInt(version, 10) >= 17) return { java, version };
  const found = lastLines(output, 1);
  throw new Failure(
    `Kafka needs Java 17 or newer (${found}): install a JRE 17, set JAVA_HOME or KAFKA_BROKERS, or ${withoutKafka}.`,
  );
}

/** With Maven from the PATH, else with the Maven wrapper, which downloads it. */
async function fetchJars(path: string): Promise<string[][]> {
  const mvn = (await run(['mvn', '--version'])).code === 0 ? 'mvn' : join(setup, 'mvnw');
  return [[mvn, '-B', '-q', '-f', join(setup, 'pom.xml'), `-Djars=${path}`, 'package']];
}
