import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { declared } from '#declarations';
import { createKafka, Publisher, readTopics, sendingLeft } from '#messaging';
import { loadKafkaConnection, retry, sleep } from '#platform';
import { readDeadLetters } from '../../tools/dlq/read.ts';
import type { Held, Processes } from '../diagnostics/processes.ts';
import type { Watched } from '../hostile/watch.ts';
import { watch } from '../hostile/watch.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { allEvents } from '../scenarios/clients.ts';
import { waitUntilCommitted } from '../scenarios/inquiries/incoming.ts';
import type { Subject } from '../scenarios/inquiries/messages.ts';
import type { GoodEvent } from './corpus.ts';
import { corpus } from './corpus.ts';

/** The results of good and hostile messages. */
export interface HostileRun {
  readonly good: number;
  /** Good messages without an effect, and those with more than one, by name. */
  readonly withoutEffect: readonly string[];
  readonly withTwoEffects: readonly string[];
  readonly hostile: number;
  /** Hostile messages that are missing in the dead letters. */
  readonly notSetAside: readonly string[];
  readonly watched: Watched;
  /** The maximum memory of the bridge (RSS, bytes). */
  readonly bridgeBytes: number;
}

/** The type and the data of an event of each topic, about a subject. */
const events: {
  readonly [topic: string]: (subject: Subject, n: number) => Pick<GoodEvent, 'type' | 'data'>;
} = {
  'orders.events': ({ order_id }, n) => ({
    type: 'orders.order_updated.v1',
    data: { order_id, status: `step ${n}` },
  }),
  'logistics.events': ({ order_id }, n) => ({
    type: 'logistics.shipment_updated.v1',
    data: { order_id, tracking_id: `T-${order_id}`, status: `step ${n}` },
  }),
  'payments.events': ({ partner_id }, n) => ({
    type: 'payments.payout_updated.v1',
    data: { partner_id, payout_id: `PAY-${partner_id}`, status: `step ${n}` },
  }),
  'onboarding.events': ({ partner_id }, n) => ({
    type: 'onboarding.step_completed.v1',
    data: { partner_id, step: `step ${n}` },
  }),
};

const source = '/hostile';
/** A sender of large messages is slow itself; a message sent twice has one effect. */
const requestTimeoutMs = 30_000;
const attempts = 5;
const ignore = (): void => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
/** Good messages that are sent together. */
const atOnce = 500;

/**
 * Sends `goodOnEach` good messages on each topic of events, with the corpus in between, while the processes are
 * watched.
 */
export async function runHostileMessages(
  system: ConnectedSystem,
  processes: Processes,
  subjects: readonly Subject[],
  goodOnEach: number,
): Promise<HostileRun> {
  const sender = new Sender(system, subjects);
  let bridgeBytes = 0;
  const over = new AbortController();
  const measuring = measure(processes, over.signal, (bytes) => {
    bridgeBytes = Math.max(bridgeBytes, bytes);
  });
  const watched = await watch(processes, system.apps, async () => {
    await sender.send(goodOnEach);
    await waitUntilCommitted(system);
  }).finally(() => over.abort());
  await measuring;
  return { ...(await sender.judge()), watched, bridgeBytes };
}

async function measure(
  processes: Processes,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  while (!signal.aborted) {
    // The processes may have ended already when the run fails.
    const held = await processes.held('none').catch(() => new Map<string, Held>());
    for (const [name, { rss }] of held) if (name.startsWith('bridge')) onBytes(rss);
    await sleep(500, signal);
  }
}

class Sender {
  private readonly run = randomUUID().slice(0, 8);
  /** Names of good messages, by the id of their effect. */
  private readonly expected = new Map<string, string>();
  /** Names of hostile messages, by their place. */
  private readonly places = new Map<string, string>();
  private count = 0;

  constructor(
    private readonly system: ConnectedSystem,
    private readonly subjects: readonly Subject[],
  ) {}

  async send(goodOnEach: number): Promise<void> {
    const brokers = (this.system.env['KAFKA_BROKERS'] ?? '').split(',');
    const connection = loadKafkaConnection(brokers, process.env);
    const kafka = createKafka({ connection, clientId: 'hostile', log: quiet, requestTimeoutMs });
    const publisher = new Publisher(kafka);
    const producer = kafka.producer();
    await producer.connect();
    try {
      for (const topic of Object.keys(events)) await this.sendOn(topic, goodOnEach, publisher, producer);
    } finally {
      await Promise.all([publisher.close(), producer.disconnect()]);
    }
  }

  private async sendOn(
    topic: string,
    goodOnEach: number,
    publisher: Publisher,
    producer: Producer,
  ): Promise<void> {
    const perCase = Math.ceil(goodOnEach / corpus.length);
    let left = goodOnEach;
    for (const { name, isGood = false, make } of corpus) {
      const event = this.event(topic, isGood ? `${topic}: ${name}` : undefined);
      const { compression, ...message } = make(event);
      const sent = { key: null, partition: this.count % 2, ...message };
      const acks = { topic, messages: [sent], ...(compression !== undefined && { compression }) };
      const [place] = (await retry(() => producer.send(acks), { attempts })) ?? [];
      if (!isGood) this.places.set(`${topic}/${place?.partition}/${place?.baseOffset}`, `${topic}: ${name}`);
      const count = Math.min(left, perCase);
      await this.sendGood(topic, count, publisher);
      left -= count;
    }
  }

  private async sendGood(topic: string, count: number, publisher: Publisher): Promise<void> {
    for (let from = 0; from < count; from += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, count - from) }, () => this.event(topic, topic));
      const messages = some.map((event) => ({ topic, key: event.id, value: JSON.stringify(event) }));
      await retry(sendingLeft(publisher, messages), { attempts });
    }
  }

  /** `name`: of a message whose effect is expected. */
  private event(topic: string, name: string | undefined): GoodEvent {
    const subject = this.subjects[this.count % this.subjects.length];
    const describe = events[topic];
    if (subject === undefined || describe === undefined) throw new Error(`No events for ${topic}.`);
    this.count += 1;
    const id = `${this.run}-${this.count}`;
    if (name !== undefined) this.expected.set(`${source}/${id}`, `${name} ${id}`);
    return { specversion: '1.0', id, source, ...describe(subject, this.count) };
  }

  async judge(): Promise<Omit<HostileRun, 'watched' | 'bridgeBytes'>> {
    const times = new Map<string, number>();
    for (const { event } of await allEvents(this.system.store, ['ExternalUpdateRecorded'])) {
      if (event.type !== 'ExternalUpdateRecorded') continue;
      const id = event.data.source_event_id;
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    const namesOf = (isFound: (count: number) => boolean): string[] =>
      [...this.expected].flatMap(([id, name]) => (isFound(times.get(id) ?? 0) ? [name] : []));
    const { kafka, admin } = this.system;
    const letters = await readDeadLetters({ kafka, admin, topics: readTopics(declared().names) });
    const setAside = new Set(
      letters.map(({ letter: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`),
    );
    return {
      good: this.expected.size,
      withoutEffect: namesOf((count) => count === 0),
      withTwoEffects: namesOf((count) => count > 1),
      hostile: this.places.size,
      notSetAside: [...this.places].flatMap(([place, name]) => (setAside.has(place) ? [] : [name])),
    };
  }
}
