import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConsumerLoop, createKafka, KafkaProbe, Publisher } from '#messaging';
import { loadKafkaConnection, waitUntil } from '#platform';
import { withClients } from './scenarios/clients.ts';
import { holdOpen } from './scenarios/hold-open.ts';
import { inquireTroubledServices } from './scenarios/inquiries/troubled-services.ts';
import { startSubjects } from './scenarios/inquiries/incoming.ts';
import type { SecureKafka } from './scenarios/secure-kafka.ts';
import { secureEnv, silent, withSecureKafka } from './scenarios/secure-kafka.ts';
import { withOwnSystem } from './scenarios/system.ts';

const held = holdOpen<SecureKafka>(withSecureKafka);
let secure: SecureKafka;
beforeAll(async () => {
  secure = await held.open();
});
afterAll(() => held.close());

const kafkaWith = (env: Record<string, string>): ReturnType<typeof createKafka> =>
  createKafka({
    connection: loadKafkaConnection([secure.brokers], env),
    clientId: 'secure-spec',
    log: silent,
  });

async function healthOf(env: Record<string, string>): Promise<string> {
  const probe = new KafkaProbe(kafkaWith(env));
  try {
    await probe.ping();
    return 'ok';
  } catch (error) {
    return String(error);
  } finally {
    await probe.close();
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token server for clients with the secret; its tokens are not signed. */
async function withTokenServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const expected = `Basic ${Buffer.from('me:hidden').toString('base64')}`;
  const server = createServer((request, response) => {
    const now = Math.floor(Date.now() / 1_000);
    const token = `${part({ alg: 'none' })}.${part({ sub: 'me', iat: now, exp: now + 600 })}.`;
    response.statusCode = request.headers.authorization === expected ? 200 : 401;
    response.end(JSON.stringify({ access_token: token, expires_in: 600 }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
  } finally {
    server.close();
  }
}

describe('a broker with TLS and SASL', () => {
  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('accepts a client by %s', async (mechanism) => {
    expect(await healthOf(secureEnv(secure, mechanism))).toBe('ok');
  });

  test('accepts a client by OAuth tokens', async () => {
    const { KAFKA_SSL = '', KAFKA_SSL_CA_FILE = '' } = secureEnv(secure);
    await withTokenServer(async (url) => {
      const env = (secret: string): Record<string, string> => ({
        KAFKA_SSL,
        KAFKA_SSL_CA_FILE,
        KAFKA_SASL_MECHANISM: 'oauthbearer',
        KAFKA_SASL_OAUTH_TOKEN_URL: url,
        KAFKA_SASL_OAUTH_CLIENT_ID: 'me',
        KAFKA_SASL_OAUTH_CLIENT_SECRET: secret,
      });
      expect(await healthOf(env('hidden'))).toBe('ok');
      expect(await healthOf(env('other'))).toContain('The token server answers 401');
    });
  });

  test('refuses a wrong password with a clear error', async () => {
    const answer = await healthOf({ ...secureEnv(secure), KAFKA_SASL_PASSWORD: 'wrong' });
    expect(answer).toContain('invalid credentials');
    expect(answer).not.toContain('wrong');
  });

  test('with an untrusted certificate is reported as such', async () => {
    const { KAFKA_SSL_CA_FILE: _, ...env } = secureEnv(secure);
    expect(await healthOf(env)).toMatch(/self-signed certificate/);
  });

  test('is written and read', async () => {
    const topic = 'secure-spec';
    const kafka = kafkaWith(secureEnv(secure));
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await admin.disconnect();
    const publisher = new Publisher(kafka);
    const found: string[] = [];
    const stop = new AbortController();
    const running = new ConsumerLoop<string>({
      kafka,
      groupId: 'secure-spec',
      topic,
      log: silent,
      partitionsAtOnce: 1,
      chunkSize: 10,
      atOnce: 1,
      prepare: async (messages) => messages.map(({ value }) => String(value)),
      handle: async (text) => void found.push(text),
      isUnavailable: () => false,
      ready: async () => undefined,
      deadLetter: async () => undefined,
    }).run(stop.signal);
    try {
      await publisher.send([{ topic, key: null, value: 'a' }]);
      await waitUntil(() => found.length > 0, { what: 'the message' });
    } finally {
      stop.abort();
      await Promise.all([running, publisher.close()]);
    }
    expect(found).toEqual(['a']);
  });
});

test('inquiries are asked and answered over TLS and SCRAM', async () => {
  const before = { ...process.env };
  Object.assign(process.env, secureEnv(secure));
  try {
    await withOwnSystem(
      (own) =>
        withClients(own, async (system) => {
          const subjects = await startSubjects(system, 5);
          const ids = subjects.map(({ session_id }) => session_id);
          const { closings, replies } = await inquireTroubledServices(system, ids, 10_000);
          expect(closings).toMatchObject({ opened: 5, closedOnce: 5 });
          expect(replies).toBeGreaterThan(0);
        }),
      {},
      false,
      1,
    );
  } finally {
    for (const name of Object.keys(secureEnv(secure))) delete process.env[name];
    Object.assign(process.env, before);
  }
});
