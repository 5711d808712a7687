import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Turnstream } from '@turnstream/sdk';
import kafkajs from 'kafkajs';
import { Publisher } from '#messaging';
import type { Found } from '../../tools/dlq/read.ts';
import { readDeadLetters } from '../../tools/dlq/read.ts';
import { redriveAll } from '../../tools/dlq/redrive.ts';
import { checkFeed, proveOneBridgeKilled } from '../acceptance/absences.ts';
import type { BridgeSystem } from '../acceptance/bridge-system.ts';
import { allEvents, until } from '../acceptance/bridge-system.ts';
import type { Subject } from '../acceptance/incoming-messages.ts';
import { proveCircuit } from '../acceptance/circuit.ts';
import { proveIncoming, startSubjects } from '../acceptance/incoming.ts';
import { withBridgeSystem } from '../acceptance/inquiries.ts';
import { proveManyInquiries } from '../acceptance/many-inquiries.ts';
import { Report } from '../acceptance/report.ts';

/** `npm run prove -- inquiries` in small, on one system for all tests. */
let system: BridgeSystem;
let subjects: Subject[];
let finish: () => void;
let finished: Promise<void>;
const limitMs = 120_000;
const { CompressionCodecs, CompressionTypes } = kafkajs;

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    finished = withBridgeSystem(async (own) => {
      system = own;
      subjects = await startSubjects(own, 40);
      const end = new Promise<void>((resolve) => {
        finish = resolve;
      });
      ready();
      await end;
    });
    finished.catch(failed);
  });
}, limitMs);
afterAll(async () => {
  finish();
  await finished;
}, limitMs);

async function missed(prove: (report: Report) => Promise<void>): Promise<readonly string[]> {
  const report = new Report(true);
  await prove(report);
  return report.missed;
}

test(
  'inquiries over troubled services end once, and every answer is recorded',
  async () => {
    const ids = subjects.map(({ session_id }) => session_id);
    expect(await missed((report) => proveManyInquiries(system, ids, { timeoutMs: 2_000 }, report))).toEqual(
      [],
    );
  },
  limitMs,
);

test(
  'a source that does not answer is not waited for for long',
  async () => {
    const ids = subjects.map(({ session_id }) => session_id);
    expect(await missed((report) => proveCircuit(system, ids, report))).toEqual([]);
  },
  limitMs,
);

test(
  'no inquiry is lost with a bridge that is killed',
  async () => {
    const ids = subjects.slice(0, 20).map(({ session_id }) => session_id);
    expect(await missed((report) => proveOneBridgeKilled(system, ids, 2_000, report))).toEqual([]);
  },
  limitMs,
);

test(
  'messages have one effect each, and poison its place, while consumers come, go and die',
  async () => {
    const size = { messages: 1_000, joins: 1, kills: 1, storeKills: 1 };
    expect(await missed((report) => proveIncoming(system, subjects, size, report))).toEqual([]);
  },
  limitMs,
);

test(
  'dead letters are sent once more, each once',
  async () => {
    const { kafka, admin } = system;
    expect(await redriveAll(kafka, admin)).toBeGreaterThan(0);
    expect(await redriveAll(kafka, admin)).toBe(0);
  },
  limitMs,
);

test(
  'a message in a batch that this client could not unpack has its effect',
  async () => {
    const { kafka, store } = system;
    const [{ order_id, session_id }] = subjects as [Subject];
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
    });
    const producer = kafka.producer();
    await producer.connect();
    const type = 'orders.order_updated.v1';
    const news = {
      specversion: '1.0',
      id: 'packed',
      source: '/packed',
      type,
      data: { order_id, status: 'x' },
    };
    const messages = [{ key: order_id, value: JSON.stringify(news) }];
    await producer.send({ topic: 'orders.events', messages, compression: CompressionTypes.ZSTD });
    await producer.disconnect();
    const find = async (): Promise<string[]> => {
      const events = await allEvents(store, ['ExternalUpdateRecorded']);
      return events
        .filter(({ event }) => JSON.stringify(event).includes('/packed/packed'))
        .map((item) => item.session_id);
    };
    await until('it is recorded', 20_000, async () => (await find()).length > 0);
    expect(await find()).toEqual([session_id]);
  },
  limitMs,
);

test(
  'a message as large as a broker takes has its place in the dead letters, and holds up nobody',
  async () => {
    const { kafka, admin } = system;
    const value = randomBytes(1_048_400);
    const publisher = new Publisher(kafka);
    await publisher.send([{ topic: 'payments.events', key: null, value }]);
    await publisher.close();
    const find = async (): Promise<Found | undefined> =>
      (await readDeadLetters(kafka, admin)).find(({ letter }) => letter.value?.equals(value));
    await until('it is there', 20_000, async () => (await find()) !== undefined);
    expect((await find())?.letter).toMatchObject({ topic: 'payments.events', reason: 'not_json' });
  },
  limitMs,
);

test(
  'what happened is told in order, completely and as described',
  async () => {
    expect(await missed((report) => checkFeed(system, report))).toEqual([]);
  },
  limitMs,
);

test(
  'an idle session expires once',
  async () => {
    const turnstream = new Turnstream({ url: system.apis[0] ?? '' });
    const session = await turnstream.startSession({ partner_id: 'P-idle', channel: 'ivr', expires_in_s: 1 });
    await until('the session has expired', 20_000, async () => {
      return (await session.context({ minRevision: 0 })).session.status === 'expired';
    });
    const types = (await Array.fromAsync(session.events())).map(({ type }) => type);
    expect(types).toEqual(['SessionStarted', 'SessionExpired']);
    await turnstream.close();
  },
  limitMs,
);
