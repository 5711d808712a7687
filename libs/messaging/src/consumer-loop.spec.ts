import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import type { ConsumerOptions, LoopConsumer } from './consumer-loop.ts';
import { ConsumerLoop } from './consumer-loop.ts';
import { NonRetryableError } from './errors.ts';
import type { Outgoing } from './publisher.ts';

const topic = 'orders.events';
class UnavailableError extends Error {}
const ignore = (): void => undefined;

/** The consumers that the loop opened, the latest last, and everything that it did, in order. */
let consumers: FakeConsumer[];
let steps: string[];
let stop: AbortController;
let running: Promise<void>;
let available: boolean;
let letters: Outgoing[];

const signs = { FETCH: 'fetch', HEARTBEAT: 'heartbeat', GROUP_JOIN: 'join' };

/** The calls that the loop makes of a consumer, and batches and events as Kafka would bring them. */
class FakeConsumer {
  readonly events = { ...signs, CRASH: 'crash', REQUEST_TIMEOUT: 'request timeout' };
  private readonly listeners = new Map<string, (event: object) => void>();
  private config: ConsumerRunConfig | undefined;

  on(name: string, listener: (event: object) => void): void {
    this.listeners.set(name, listener);
  }
  emit(name: string, payload: object = {}): void {
    this.listeners.get(name)?.({ payload });
  }
  async connect(): Promise<void> {
    steps.push('connect');
  }
  async subscribe(): Promise<void> {
    steps.push('subscribe');
  }
  async run(config: ConsumerRunConfig): Promise<void> {
    this.config = config;
  }
  async disconnect(): Promise<void> {
    steps.push('disconnect');
  }
  pause(): void {
    steps.push('pause');
  }
  resume(): void {
    steps.push('resume');
  }
  /** A batch with these texts, at the offsets from `first` on. */
  async batch(first: number, ...texts: string[]): Promise<void> {
    const messages = texts.map((text, index) => ({
      key: null,
      value: Buffer.from(text),
      offset: String(first + index),
      timestamp: '0',
    }));
    const payload = {
      batch: { topic, partition: 0, messages },
      isRunning: () => true,
      isStale: () => false,
      heartbeat: async () => undefined,
      resolveOffset: (offset: string) => steps.push(`resolve ${offset}`),
      commitOffsetsIfNecessary: async (
        offsets: Parameters<EachBatchPayload['commitOffsetsIfNecessary']>[0],
      ) => void steps.push(`commit ${offsets?.topics[0]?.partitions[0]?.offset}`),
    };
    await this.config?.eachBatch?.(payload as unknown as EachBatchPayload);
  }
}

function loop(more: Partial<ConsumerOptions<string>> = {}): ConsumerLoop<string> {
  return new ConsumerLoop<string>({
    kafka: {
      consumer: () => {
        const consumer = new FakeConsumer();
        consumers.push(consumer);
        return consumer as unknown as LoopConsumer;
      },
    },
    groupId: 'spec',
    topics: [topic],
    partitionsAtOnce: 1,
    chunkSize: 2,
    atOnce: 1,
    prepare: async (messages) => messages.map(({ value }) => String(value)),
    handle: async (text) => {
      if (text === 'poison') throw new NonRetryableError('refused', 'no');
      if (!available) throw new UnavailableError();
      steps.push(text);
    },
    isUnavailable: (error) => error instanceof UnavailableError,
    ready: async () => {
      if (!available) throw new UnavailableError();
    },
    deadLetter: async (sent) => void letters.push(...sent),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...more,
  });
}

async function start(more: Partial<ConsumerOptions<string>> = {}): Promise<FakeConsumer> {
  running = loop(more).run(stop.signal);
  await jest.advanceTimersByTimeAsync(0);
  steps = [];
  return latest();
}

function latest(): FakeConsumer {
  const consumer = consumers.at(-1);
  if (!consumer) throw new Error('The loop opened no consumer.');
  return consumer;
}

beforeEach(() => {
  jest.useFakeTimers();
  [consumers, steps, letters, available] = [[], [], [], true];
  stop = new AbortController();
  running = Promise.resolve();
});
afterEach(async () => {
  stop.abort();
  await jest.advanceTimersByTimeAsync(0);
  await running;
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('a batch', () => {
  test('is committed chunk by chunk, each after its effects', async () => {
    const consumer = await start();
    await consumer.batch(7, 'a', 'b', 'c');
    expect(steps).toEqual(['a', 'b', 'resolve 8', 'commit 9', 'c', 'resolve 9', 'commit 10']);
  });

  test('with a message that is refused is committed after its dead letter', async () => {
    const consumer = await start();
    await consumer.batch(0, 'poison', 'a');
    expect(letters[0]?.headers).toMatchObject({ dead_letter_offset: '0' });
    expect(steps).toEqual(['a', 'resolve 1', 'commit 2']);
  });

  test('is left after the chunk under way when the signal aborts', async () => {
    const consumer = await start({ handle: async () => stop.abort() });
    await consumer.batch(0, 'a', 'b', 'c', 'd');
    expect(steps).toContain('commit 2');
    expect(steps).not.toContain('commit 4');
  });
});

describe('while a backing service is unavailable', () => {
  test('the partition is paused without a commit', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    expect(steps).toEqual(['pause']);
  });

  test('what had its effect before is committed', async () => {
    const consumer = await start({
      handle: async (text) => {
        if (text === 'b') throw new UnavailableError();
      },
    });
    await consumer.batch(0, 'a', 'b', 'c');
    expect(steps).toEqual(['resolve 0', 'commit 1', 'pause']);
  });

  test('the partition stays paused', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(steps).toEqual(['pause']);
  });

  test('the partition is resumed once the service is available again', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    available = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(steps).toEqual(['pause', 'resume']);
  });

  test('pauses without progress between them grow', async () => {
    const consumer = await start({ handle: () => Promise.reject(new UnavailableError()) });
    for (let pause = 1; pause <= 6; pause += 1) {
      await consumer.batch(0, 'a');
      await jest.advanceTimersByTimeAsync(10_000);
    }
    steps = [];
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(steps).toEqual(['pause']);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(steps).toEqual(['pause', 'resume']);
  });
});

describe('a consumer', () => {
  test('that crashes is replaced after a pause', async () => {
    const consumer = await start();
    consumer.emit('crash', { error: new Error('coordinator lost') });
    await jest.advanceTimersByTimeAsync(100);
    expect(steps).toEqual(['disconnect']);
    await jest.advanceTimersByTimeAsync(200);
    expect(steps).toEqual(['disconnect', 'connect', 'subscribe']);
  });

  test('whose broker does not answer a request is replaced, although it does not disconnect', async () => {
    const consumer = await start();
    consumer.disconnect = () => new Promise(() => undefined);
    consumer.emit('request timeout', { apiName: 'Fetch', broker: 'kafka:9092' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(steps).toEqual(['connect', 'subscribe']);
  });

  test('that cannot connect is replaced until one can', async () => {
    jest.spyOn(FakeConsumer.prototype, 'connect').mockRejectedValue(new Error('no broker'));
    await start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(consumers.length).toBeGreaterThan(10);
  });

  test.each([
    ['whose broker is unavailable is soon replaced, again and again', new UnavailableError(), [60, 200]],
    ['that is refused is replaced less and less often', new Error('not authorized'), [10, 25]],
  ])('%s', async (_, error, [least, most]) => {
    jest.spyOn(FakeConsumer.prototype, 'connect').mockRejectedValue(error);
    await start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(consumers.length).toBeGreaterThan(least as number);
    expect(consumers.length).toBeLessThan(most as number);
  });

  test('that gives no sign of life is replaced', async () => {
    await start();
    await jest.advanceTimersByTimeAsync(46_000);
    expect(consumers).toHaveLength(2);
  });

  test('that gives signs of life is kept', async () => {
    const consumer = await start();
    for (let second = 0; second < 120; second += 1) {
      consumer.emit('heartbeat');
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(consumers).toHaveLength(1);
  });

  test('is disconnected when the signal aborts', async () => {
    await start();
    stop.abort();
    await jest.advanceTimersByTimeAsync(0);
    await running;
    expect(steps).toEqual(['disconnect']);
  });

  test('that does not disconnect is given up after a while', async () => {
    jest.spyOn(FakeConsumer.prototype, 'disconnect').mockReturnValue(new Promise(() => undefined));
    await start();
    stop.abort();
    await jest.advanceTimersByTimeAsync(10_000);
    await expect(running).resolves.toBeUndefined();
  });
});
