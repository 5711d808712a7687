import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createKafka, KafkaProbe } from '#messaging';
import { loadKafkaConnection, waitUntil } from '#platform';
import { kafkaJvm } from '../../tools/backing-services/kafka.ts';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { root } from '../../tools/shared/paths.ts';
import { dyingWithParent, run } from '../../tools/shared/run.ts';

export const user = { name: 'turnstream', password: 'a secret of the spec' };
const storePassword = 'changeit';
export const silent = {
  debug: (): void => undefined,
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (): void => undefined,
};

/** A broker that accepts only TLS and SASL. */
export interface SecureKafka {
  readonly brokers: string;
  /** The file of its CA certificate. */
  readonly caFile: string;
}

/** Runs a broker with TLS, and SCRAM, PLAIN and OAUTHBEARER, while `work` runs. */
export async function withSecureKafka<T>(work: (kafka: SecureKafka) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-secure-kafka-'));
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const jvm = await kafkaJvm();
  const caFile = await makeStores(jvm[0] ?? 'java', dir);
  const config = join(dir, 'server.properties');
  writeFileSync(config, properties(dir, port, controllerPort));
  const scram = ['scram-sha-256', 'scram-sha-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism.toUpperCase()}=[name=${nameBy(mechanism)},password="${user.password}"]`,
  ]);
  const id = 'c2VjdXJlLWthZmthLWlkMQ';
  await succeed([...jvm, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', config, ...scram]);
  const [command, ...args] = [...dyingWithParent('SIGKILL'), ...jvm, 'kafka.Kafka', config];
  const broker = spawn(command, args, { stdio: 'ignore' });
  const ended = once(broker, 'exit');
  try {
    const secure = { brokers: `127.0.0.1:${port}`, caFile };
    await untilReady(secure);
    return await work(secure);
  } finally {
    broker.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The name of the user, who has another one for SCRAM-SHA-256: a client by another mechanism is refused. */
function nameBy(mechanism: string): string {
  return mechanism === 'scram-sha-256' ? `${user.name}-256` : user.name;
}

/** The variables of a client with valid credentials. */
export function secureEnv(
  { brokers, caFile }: SecureKafka,
  mechanism = 'scram-sha-512',
): Record<string, string> {
  return {
    KAFKA_BROKERS: brokers,
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: caFile,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: nameBy(mechanism),
    KAFKA_SASL_PASSWORD: user.password,
  };
}

async function untilReady(secure: SecureKafka): Promise<void> {
  const connection = loadKafkaConnection([secure.brokers], secureEnv(secure));
  const probe = new KafkaProbe(createKafka({ connection, clientId: 'secure-kafka', log: silent }));
  const isReady = (): Promise<boolean> =>
    probe.ping().then(
      () => true,
      () => false,
    );
  await waitUntil(isReady, { what: 'the secure broker', timeoutMs: 90_000, everyMs: 200 });
  await probe.close();
}

/** A self-signed certificate, in a key store, a trust store and a PEM file. */
async function makeStores(java: string, dir: string): Promise<string> {
  const keytool = java.includes('/') ? join(dirname(java), 'keytool') : 'keytool';
  const caFile = join(dir, 'ca.pem');
  const store = (name: string): string[] => ['-keystore', join(dir, name), '-storepass', storePassword];
  const key = ['-alias', 'broker', '-keyalg', 'EC', '-validity', '30', '-storetype', 'PKCS12'];
  const names = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1'];
  await succeed([keytool, '-genkeypair', ...key, ...names, ...store('keys.p12')]);
  await succeed([keytool, '-exportcert', '-rfc', '-alias', 'broker', '-file', caFile, ...store('keys.p12')]);
  await succeed([
    keytool,
    '-importcert',
    '-noprompt',
    '-alias',
    'ca',
    '-file',
    caFile,
    ...store('trust.p12'),
  ]);
  return caFile;
}

function properties(dir: string, port: number, controllerPort: number): string {
  const values = { port, controllerPort, data: join(dir, 'data') };
  const template = readFileSync(join(root, 'tools/kafka/server.properties'), 'utf8')
    .replaceAll(/\{(\w+)\}/g, (_, key: keyof typeof values) => String(values[key]))
    .replaceAll('PLAINTEXT://', 'SASL_SSL://');
  const login = 'org.apache.kafka.common.security';
  const credentials = `username="${user.name}" password="${user.password}"`;
  const jaas = 'listener.name.sasl_ssl';
  return `${template}
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_SSL
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER
${jaas}.scram-sha-256.sasl.jaas.config=${login}.scram.ScramLoginModule required ${credentials};
${jaas}.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required ${credentials};
${jaas}.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required ${credentials} user_${user.name}="${user.password}";
${jaas}.oauthbearer.sasl.jaas.config=${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
ssl.keystore.type=PKCS12
ssl.keystore.location=${dir}/keys.p12
ssl.keystore.password=${storePassword}
ssl.key.password=${storePassword}
ssl.truststore.type=PKCS12
ssl.truststore.location=${dir}/trust.p12
ssl.truststore.password=${storePassword}
`;
}

async function succeed(command: string[]): Promise<void> {
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${output}`);
}
