import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { declared } from '#declarations';
import { Publisher, readTopics } from '#messaging';
import { waitUntil } from '#platform';
import { redriveOpen } from '../../tools/dlq/dead-letters.ts';
import type { Found } from '../../tools/dlq/read.ts';
import { readDeadLetters } from '../../tools/dlq/read.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { allEvents, withClients } from '../scenarios/clients.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import type { HonestService } from '../scenarios/inquiries/circuit.ts';
import { inquireDeadSource, inquireUnknownOrders } from '../scenarios/inquiries/circuit.ts';
import type { IncomingMessages } from '../scenarios/inquiries/incoming.ts';
import { receiveMessages, startSubjects, waitUntilCommitted } from '../scenarios/inquiries/incoming.ts';
import type { Subject } from '../scenarios/inquiries/messages.ts';
import { killOneOfTwoBridges } from '../scenarios/inquiries/outages.ts';
import type { PublishedEvents } from '../scenarios/inquiries/published.ts';
import { comparePublished } from '../scenarios/inquiries/published.ts';
import type { TroubledInquiries } from '../scenarios/inquiries/troubled-services.ts';
import { inquireTroubledServices } from '../scenarios/inquiries/troubled-services.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import { describeRestore } from './test-restore.ts';

/** The scenarios of `npm run prove -- inquiries` at small size, and the restore of backups, on one system. */
const { CompressionCodecs, CompressionTypes } = kafkajs;

const held = holdOpen<ConnectedSystem>((work) =>
  withOwnSystem((own) => withClients(own, work), {}, false, 1),
);
/** Other specs have dead letters, too. */
const topics = readTopics(declared().names);
let system: ConnectedSystem;
let subjects: readonly Subject[];
let sessionIds: readonly string[];
beforeAll(async () => {
  system = await held.open();
  subjects = await startSubjects(system, 40);
  sessionIds = subjects.map(({ session_id }) => session_id);
});
afterAll(() => held.close());

describe('inquiries over services that are slow, silent, duplicating and late', () => {
  let result: TroubledInquiries;
  beforeAll(async () => {
    result = await inquireTroubledServices(system, sessionIds, 2_000);
  });

  test('are closed exactly once', () => {
    expect(result.closings).toMatchObject({ opened: 40, closedOnce: 40 });
  });

  test('send requests that match their schema', () => {
    expect(result.invalidRequests).toEqual([]);
  });

  test('have every reply recorded', () => {
    expect(result.unrecordedReplies).toEqual([]);
    expect(result.replies).toBeGreaterThan(0);
  });

  test('have no reply recorded twice', () => {
    expect(result.repliesRecordedTwice).toEqual([]);
  });

  test('have late answers recorded as corrections', () => {
    expect(result.uncorrectedReplies).toEqual([]);
  });
});

describe('a service that knows none of many orders', () => {
  let result: HonestService;
  beforeAll(async () => {
    result = await inquireUnknownOrders(system, sessionIds.slice(0, 20));
  });

  test('fails their inquiries', () => {
    expect(result.outcomes).toEqual({ failed: 20 });
  });

  test('is asked about others all the same', () => {
    expect(result.outcomesAfter).toEqual({ complete: 20 });
  });

  test('is in the timeline of an inquiry with its answer', async () => {
    const session = system.turnstream.session(sessionIds[0] ?? '');
    const { inquiries } = await session.context({ minRevision: 0 });
    const failed = inquiries.closed.find(({ status }) => status === 'failed');
    const { steps } = await session.inquiryTimeline(failed?.inquiry_id ?? '');
    expect(steps.map(({ step, source, reason }) => [step, source, reason])).toEqual([
      ['opened', null, null],
      ['asked', 'orders', null],
      ['failed', 'orders', 'unknown reference'],
      ['failed', 'logistics', 'no answer from orders'],
      ['closed', null, null],
    ]);
  });
});

test('inquiries close early without a source whose circuit is open', async () => {
  const { answeredEarly } = await inquireDeadSource(system, sessionIds);
  expect(answeredEarly).toBeGreaterThanOrEqual(5);
});

test('inquiries close exactly once when one of two bridges is killed', async () => {
  const closings = await killOneOfTwoBridges(system, sessionIds.slice(0, 20), 2_000);
  expect(closings).toMatchObject({ opened: 20, closedOnce: 20 });
});

describe('messages of other systems, while bridges join and leave and bridge and event store are killed', () => {
  let result: IncomingMessages;
  beforeAll(async () => {
    // With each kind of poison once.
    const size = { messages: 600, joins: 1, bridgeKills: 1, storeKills: 1 };
    result = await receiveMessages(system, subjects, size);
  });

  test('have an effect', () => {
    expect(result.effects.recorded).toBe(result.effects.expected);
  });

  test('have no second effect', () => {
    expect(result.effects.recordedTwice).toEqual([]);
  });

  test('have no effect in a session that they do not concern', () => {
    expect(result.effects.inAnotherSession).toEqual([]);
  });

  test('leave the newest of their kind in the context', () => {
    expect(result.effects.outdated).toEqual([]);
  });

  test('are in the dead letters, byte for byte, when poisoned', () => {
    expect(result.deadLetters.found).toBe(result.deadLetters.expected);
  });

  test('are in the dead letters with their reason', () => {
    expect(result.deadLetters.withWrongReason).toEqual([]);
  });

  test('are in the dead letters of their topic', () => {
    expect(result.deadLetters.onWrongTopic).toEqual([]);
  });

  test('are in the dead letters with the place they came from', () => {
    expect(result.deadLetters.places).toBe(result.deadLetters.expected);
  });
});

const redrive = async (): Promise<number> => (await redriveOpen({ ...system, topics })).sent;

test('dead letters are redriven once', async () => {
  expect(await redrive()).toBeGreaterThan(0);
  // Those that came back are not sent again; other specs may add letters to this Kafka.
  await waitUntil(async () => (await redrive()) === 0, { what: 'nothing more to redrive', everyMs: 500 });
});

test('a message in a zstd batch has its effect', async () => {
  const { kafka, store, run } = system;
  const [{ order_id, session_id }] = subjects as [Subject];
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
  });
  const producer = kafka.producer();
  const event = {
    specversion: '1.0',
    id: run,
    source: '/zstd',
    type: 'orders.order_updated.v1',
    data: { order_id, status: 'x' },
  };
  const messages = [{ key: order_id, value: JSON.stringify(event) }];
  try {
    await producer.connect();
    await producer.send({ topic: 'orders.events', messages, compression: CompressionTypes.ZSTD });
  } finally {
    await producer.disconnect();
  }
  let found: string[] = [];
  const isRecorded = async (): Promise<boolean> => {
    const events = await allEvents(store, ['ExternalUpdateRecorded']);
    found = events
      .filter((item) => JSON.stringify(item.event).includes(`/zstd/${run}`))
      .map((item) => item.session_id);
    return found.length > 0;
  };
  await waitUntil(isRecorded, { what: 'the external update', everyMs: 300 });
  expect(found).toEqual([session_id]);
});

test('a session begins with the earlier update of its partner', async () => {
  const { kafka, turnstream, run } = system;
  const partner_id = `P-early-${run}`;
  const [id, source] = [`early-${run}`, '/early'];
  const type = 'onboarding.step_completed.v1';
  const value = JSON.stringify({ specversion: '1.0', id, source, type, data: { partner_id, step: 'bank' } });
  const publisher = new Publisher(kafka);
  try {
    await publisher.send([{ topic: 'onboarding.events', key: partner_id, value }]);
  } finally {
    await publisher.close();
  }
  await waitUntilCommitted(system);
  const session = await turnstream.startSession({ partner_id, channel: 'whatsapp' });
  const found = async (): Promise<unknown[]> =>
    (await Array.fromAsync(session.events())).filter((event) => event.type === 'ExternalUpdateRecorded');
  await waitUntil(async () => (await found()).length > 0, { what: 'the update', everyMs: 100 });
  expect(await found()).toMatchObject([{ data: { source_event_id: `/early/${id}`, before_session: true } }]);
});

test('a message of the largest size that Kafka takes is in the dead letters', async () => {
  const { kafka, admin } = system;
  const value = randomBytes(1_048_400);
  const publisher = new Publisher(kafka);
  try {
    await publisher.send([{ topic: 'payments.events', key: null, value }]);
  } finally {
    await publisher.close();
  }
  let found: Found | undefined;
  const isThere = async (): Promise<boolean> => {
    found = (await readDeadLetters({ kafka, admin, topics })).find(({ letter }) =>
      letter.value?.equals(value),
    );
    return found !== undefined;
  };
  await waitUntil(isThere, { what: 'the dead letter', everyMs: 500 });
  expect(found?.letter).toMatchObject({ topic: 'payments.events', reason: 'not_json' });
});

describe('the events of conversations', () => {
  let published: PublishedEvents;
  beforeAll(async () => {
    published = await comparePublished(system);
  });

  test('are all published', () => {
    expect(published.missing).toEqual([]);
    expect(published.expected).toBeGreaterThan(0);
  });

  test('are published in the order of their session', () => {
    expect(published.outOfOrder).toEqual([]);
  });

  test('match their schema', () => {
    expect(published.invalid).toEqual([]);
  });
});

test('an idle session expires once', async () => {
  const start = { partner_id: 'P-idle', channel: 'ivr', expires_in_s: 1 } as const;
  const session = await system.turnstream.startSession(start);
  const isExpired = async (): Promise<boolean> =>
    (await session.context({ minRevision: 0 })).session.status === 'expired';
  await waitUntil(isExpired, { what: 'the session to expire', everyMs: 100 });
  const types = (await Array.fromAsync(session.events())).map(({ type }) => type);
  expect(types).toEqual(['SessionStarted', 'SessionExpired']);
});

describeRestore(() => system);
