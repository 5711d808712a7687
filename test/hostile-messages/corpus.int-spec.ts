import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { loadDeclarations } from '#declarations';
import type { Outgoing } from '#messaging';
import { ConsumerLoop, createKafka } from '#messaging';
import { waitUntil } from '#platform';
import { DeclaredEvents } from '../../apps/bridge/src/inbound/declared-events.ts';
import { readOrError } from '../../apps/bridge/src/inbound/errors.ts';
import type { GoodEvent } from './corpus.ts';
import { LongestTurn } from '../diagnostics/longest-turn.ts';
import { corpus } from './corpus.ts';

/** The corpus through a real broker and the bridge's consumer, without the rest of a system. */
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const topic = `hostile-${randomUUID()}`;
const goodBetween = 5;

const hostile = new Map<string, string>();
const good = new Map<string, string>();
const read = new Set<string>();
const setAside = new Set<string>();
let longestBlockMs = 0;

const shipped = loadDeclarations({});
const declared = shipped.topics['orders.events'];
const events = new DeclaredEvents({ ...shipped, topics: declared ? { [topic]: declared } : {} });

beforeAll(async () => {
  const kafka = createKafka({ connection: { brokers }, clientId: 'hostile', log, requestTimeoutMs: 30_000 });
  await send(kafka);
  const stop = new AbortController();
  const loop = new ConsumerLoop({
    kafka,
    groupId: topic,
    topic,
    log,
    partitionsAtOnce: 8,
    chunkSize: 200,
    atOnce: 16,
    prepare: async (messages) => messages.map((message) => readOrError(() => events.read(message))),
    handle: async (event) => void read.add(event.source_event_id),
    isUnavailable: () => false,
    ready: async () => undefined,
    deadLetter: async (letters) => letters.forEach((letter) => setAside.add(placeOf(letter))),
  });
  const longest = new LongestTurn();
  const running = loop.run(stop.signal);
  await waitUntil(isOver, { what: 'every message', everyMs: 100 }).catch(ignore);
  stop.abort();
  await running;
  longestBlockMs = longest.take();
  longest.stop();
});

const isOver = (): boolean => read.size + setAside.size >= good.size + hostile.size;

function event(id: string): GoodEvent {
  const data = { order_id: 'O', status: 'sent' };
  return { specversion: '1.0', id, source: '/s', type: 'orders.order_updated.v1', data };
}

function placeOf({ headers = {} }: Outgoing): string {
  return `${String(headers['dead_letter_partition'])}/${String(headers['dead_letter_offset'])}`;
}

async function send(kafka: ReturnType<typeof createKafka>): Promise<void> {
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
  const isThere = (): Promise<boolean> =>
    admin.fetchTopicMetadata({ topics: [topic] }).then(
      () => true,
      () => false,
    );
  await waitUntil(isThere, { what: 'the topic', everyMs: 50 });
  for (const [index, { name, isGood = false, make }] of corpus.entries()) {
    const { compression, ...message } = make(event(`${index}`));
    const messages = [{ key: null, partition: index % 2, ...message }];
    const [place] = await producer.send({
      topic,
      messages,
      ...(compression !== undefined && { compression }),
    });
    if (isGood) good.set(`/s/${index}`, name);
    else hostile.set(`${place?.partition}/${place?.baseOffset}`, name);
    const more = Array.from({ length: goodBetween }, (_, n) => event(`${index}-${n}`));
    for (const { id } of more) good.set(`/s/${id}`, id);
    await producer.send({
      topic,
      messages: more.map((one) => ({ key: one.id, value: JSON.stringify(one) })),
    });
  }
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

test('the corpus has at least 60 hostile messages', () => {
  expect(hostile.size).toBeGreaterThanOrEqual(60);
});

test('every hostile message is set aside', () => {
  expect([...hostile].flatMap(([place, name]) => (setAside.has(place) ? [] : [name]))).toEqual([]);
});

test('every good message is read', () => {
  expect([...good].flatMap(([id, name]) => (read.has(id) ? [] : [name]))).toEqual([]);
});

test('the event loop is never blocked for as long as the session timeout of the group', () => {
  expect(longestBlockMs).toBeLessThan(6_000);
});
