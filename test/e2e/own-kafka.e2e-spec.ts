import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConsumerLoop, createKafka, KafkaProbe, Publisher } from '#messaging';
import { loadKafkaConnection, waitUntil } from '#platform';
import type { Processes } from '../diagnostics/processes.ts';
import { withDiagnostics } from '../diagnostics/processes.ts';
import type { HostileRun } from '../hostile-messages/run.ts';
import { runHostileMessages } from '../hostile-messages/run.ts';
import { absence } from '../scenarios/bridge/absence.ts';
import { fanOut } from '../scenarios/bridge/fan-out.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { withClients } from '../scenarios/clients.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import { startSubjects } from '../scenarios/inquiries/incoming.ts';
import type { Subject } from '../scenarios/inquiries/messages.ts';
import { inquireTroubledServices } from '../scenarios/inquiries/troubled-services.ts';
import { findCanaries } from '../scenarios/privacy/canaries.ts';
import type { SecureKafka } from '../scenarios/secure-kafka.ts';
import { secureEnv, silent, withSecureKafka } from '../scenarios/secure-kafka.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import { withKeys } from '../scenarios/with-keys.ts';

/** What needs a Kafka that no other system reads or writes: it has TLS and SASL. */
const broker = holdOpen<SecureKafka>(withSecureKafka);
let secure: SecureKafka;
beforeAll(async () => {
  secure = await broker.open();
});
afterAll(() => broker.close());

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

/** `npm run prove -- privacy` and `npm run prove -- bridge` at small size, on one system with keys. */
describe('a system with keys over TLS and SCRAM', () => {
  type Watched = { readonly system: ConnectedSystem; readonly processes: Processes };
  const held = holdOpen<Watched>((work) =>
    withKeys(() =>
      withDiagnostics((processes) =>
        withOwnSystem((own) => withClients(own, (system) => work({ system, processes }))),
      ),
    ),
  );
  let watched: Watched;
  beforeAll(async () => {
    Object.assign(process.env, secureEnv(secure));
    watched = await held.open();
  });
  afterAll(() => held.close());

  test('personal values are shown to authorised callers and found nowhere else, before an erasure and after it', async () => {
    const { before, after, doors, shown, sealedPieces, ...facts } = await findCanaries(watched.system, 1);
    expect([before, after]).toEqual([[], []]);
    expect(sealedPieces).toBeGreaterThan(0);
    expect([doors, shown]).toEqual([25, 15]);
    expect(facts).toEqual({
      notShown: [],
      shownAfter: 0,
      numbersShown: [],
      detokenised: 2,
      detokenisedAfter: 0,
      isErasedShown: true,
      left: 0,
    });
  });

  describe('and sessions of other partners', () => {
    let subjects: Subject[];
    beforeAll(async () => {
      subjects = await startSubjects(watched.system, 20);
    });

    test('inquiries are asked and answered', async () => {
      const ids = subjects.slice(0, 5).map(({ session_id }) => session_id);
      const { closings, replies } = await inquireTroubledServices(watched.system, ids, 10_000);
      expect(closings).toMatchObject({ opened: 5, closedOnce: 5 });
      expect(replies).toBeGreaterThan(0);
    });

    describe('good messages between hostile ones', () => {
      let run: HostileRun;
      beforeAll(async () => {
        run = await runHostileMessages(watched.system, watched.processes, subjects, 80);
      });

      test('every good message between hostile ones has its effect, once', () => {
        expect(run.good).toBeGreaterThanOrEqual(4 * 80);
        expect([run.withoutEffect, run.withTwoEffects]).toEqual([[], []]);
      });

      test('every hostile message is in the dead letters', () => {
        expect(run.hostile).toBeGreaterThanOrEqual(240);
        expect(run.notSetAside).toEqual([]);
      });

      test('no process ends', () => {
        expect(run.watched.changed).toEqual([]);
      });

      test('no event loop is blocked for as long as the session timeout of the group', () => {
        expect(run.watched.longestBlock.ms).toBeLessThan(6_000);
      });
    });

    test('an event for many sessions of a partner is in each of them once', async () => {
      const { system, processes } = watched;
      const [subject] = subjects;
      if (subject === undefined) throw new Error('no session');
      const { sessions, without, twice, meanwhile } = await fanOut(system, processes, {
        subject,
        sessions: 150,
      });
      expect([sessions, without, twice]).toEqual([150, [], []]);
      expect(meanwhile.samples).toBeGreaterThan(0);
    });

    test.each(['projector', 'bridge'] as const)(
      'while the %s is stopped, updates and mentions are not lost',
      async (who) => {
        const run = await absence(watched.system, { who, seconds: 4, sessions: 20 });
        expect(run).toMatchObject({ sessions: 20, incomplete: [], wrong: [], outdated: [] });
      },
    );
  });
});
