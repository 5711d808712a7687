import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '#platform';
import { kafkaJvm } from '../../tools/backing-services/kafka.ts';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import { root } from '../../tools/shared/paths.ts';
import { dyingWithParent, run } from '../../tools/shared/run.ts';

const clusterId = 'dHdvLWJyb2tlcnMtb2Ytb24';

/** A cluster of the brokers 1, which is also the controller and has the offsets of all groups, and 2. */
export interface TwoBrokers {
  readonly brokers: readonly [string, string];
  /** Kills broker 2. Its partitions, without other replicas, lose their leader within two seconds. */
  kill(): Promise<void>;
  /** Starts it again. */
  restart(): void;
}

/** Runs two brokers while `work` runs. */
export async function withTwoBrokers<T>(work: (cluster: TwoBrokers) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-two-brokers-'));
  const [one = 0, two = 0, controllerPort = 0] = await freePorts(3);
  const [java = 'java', ...jvm] = await kafkaJvm();
  const configs = [one, two].map((port, index) => {
    const config = join(dir, `${index + 1}.properties`);
    writeFileSync(config, properties(index + 1, { port, controllerPort, data: join(dir, `${index + 1}`) }));
    return config;
  });
  const running = new Map<string, ChildProcess>();
  const start = (config = ''): void => {
    const [command, ...args] = [...dyingWithParent('SIGKILL'), java, ...jvm, 'kafka.Kafka', config];
    running.set(config, spawn(command, args, { stdio: 'ignore' }));
  };
  const kill = async (config = ''): Promise<void> => {
    const broker = running.get(config);
    if (broker === undefined || broker.exitCode !== null || broker.signalCode !== null) return;
    const ended = once(broker, 'exit');
    broker.kill('SIGKILL');
    await ended;
  };
  try {
    await Promise.all(configs.map((config) => format([java, ...jvm], config)));
    for (const config of configs) start(config);
    const brokers = [`127.0.0.1:${one}`, `127.0.0.1:${two}`] as const;
    await untilReady(brokers);
    return await work({ brokers, kill: () => kill(configs[1]), restart: () => start(configs[1]) });
  } finally {
    await Promise.all(configs.map(kill));
    rmSync(dir, { recursive: true, force: true });
  }
}

function properties(
  node: number,
  values: { readonly port: number; readonly controllerPort: number; readonly data: string },
): string {
  const template = readFileSync(join(root, 'tools/kafka/server.properties'), 'utf8');
  const common = template
    .replaceAll(/\{(\w+)\}/g, (_, key: keyof typeof values) => String(values[key]))
    .replace('offsets.topic.num.partitions=4', 'offsets.topic.num.partitions=1')
    .replace('heartbeat.interval.ms=1000', 'heartbeat.interval.ms=500')
    .replace('session.timeout.ms=5000', 'session.timeout.ms=2000');
  if (node === 1) return common;
  return common
    .replace('roles=broker,controller', 'roles=broker')
    .replace('node.id=1', `node.id=${node}`)
    .replace(/,CONTROLLER:.*$/m, '');
}

async function format(jvm: readonly string[], config: string): Promise<void> {
  const { code, output } = await run([
    ...jvm,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    config,
  ]);
  if (code !== 0) throw new Error(`The folder of a broker was not made: ${output}`);
}

/** Until both brokers are there, and the first has the offsets of groups. */
async function untilReady(brokers: readonly [string, string]): Promise<void> {
  const admin = kafkaOf('two-brokers', brokers[0]).admin({ retry: { retries: 0 } });
  const areThere = async (): Promise<boolean> => {
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length === 2;
    } catch {
      return false;
    }
  };
  await waitUntil(areThere, { what: 'two brokers', timeoutMs: 90_000, everyMs: 200 });
  const topic = '__consumer_offsets';
  const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
  const replicaAssignment = [{ partition: 0, replicas: [1] }];
  const topics = [{ topic, replicaAssignment, configEntries }];
  await admin.createTopics({ topics, waitForLeaders: false });
  await admin.disconnect();
}
