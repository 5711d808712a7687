import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Admin, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import { sleep } from '../../../platform/src/async/sleep.ts';
import type { ConsumerOptions, LoopConsumer } from './loop.ts';
import { ConsumerLoop } from './loop.ts';
import { NonRetryableError } from '../errors.ts';
import type { Outgoing } from '../publisher.ts';

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
/** What the group has committed, and who is in it. */
let committed: { partition: number; offset: string; metadata: string | null }[];
let members: string[];

const signs = { FETCH: 'fetch', HEARTBEAT: 'heartbeat', GROUP_JOIN: 'join' };

/** The calls that the loop makes of a consumer, and batches and events as Kafka would bring them. */
class FakeConsumer {
  readonly events = { ...signs, CRASH: 'crash', REQUEST_TIMEOUT: 'request timeout' };
  private readonly listeners: { readonly name: string; readonly listener: (event: object) => void }[] = [];
  private config: ConsumerRunConfig | undefined;
  commitFault: () => Error | undefined = () => undefined;

  on(name: string, listener: (event: object) => void): void {
    this.listeners.push({ name, listener });
  }
  emit(name: string, payload: object = {}): void {
    for (const one of this.listeners) if (one.name === name) one.listener({ payload });
  }
  join(...partitions: number[]): void {
    this.emit('join', { memberId: 'me', memberAssignment: { [topic]: partitions } });
  }
  async connect(): Promise<void> {
    steps.push('connect');
  }
  async subscribe(): Promise<void> {
    steps.push('subscribe');
  }
  async run(config: ConsumerRunConfig): Promise<void> {
    this.config = config;
    this.join(0, 1);
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
    await this.batchOf(0, first, ...texts);
  }
  async batchOf(partition: number, first: number, ...texts: string[]): Promise<void> {
    const messages = texts.map((text, index) => ({
      key: null,
      value: Buffer.from(text),
      offset: String(first + index),
      timestamp: '0',
    }));
    const payload = {
      batch: { topic, partition, messages },
      isRunning: () => true,
      isStale: () => false,
      heartbeat: async () => undefined,
      resolveOffset: (offset: string) => steps.push(`resolve ${offset}`),
      commitOffsetsIfNecessary: async (
        offsets: Parameters<EachBatchPayload['commitOffsetsIfNecessary']>[0],
      ) => {
        const fault = this.commitFault();
        if (fault) throw fault;
        steps.push(`commit ${committedText(offsets?.topics[0]?.partitions[0])}`);
      },
    };
    await this.config?.eachBatch?.(payload as unknown as EachBatchPayload);
  }
}

/** An offset, and up to which one messages are in work. */
function committedText(partition?: { offset: string; metadata?: string | null }): string {
  const { to, deaths } = JSON.parse(partition?.metadata || '{}') as { to?: string; deaths?: number };
  const inWork = to === undefined ? '' : ` to ${to}${deaths ? ` after ${deaths} deaths` : ''}`;
  return `${partition?.offset}${inWork}`;
}

const admin = {
  connect: async () => undefined,
  disconnect: async () => undefined,
  fetchOffsets: async () => [{ topic, partitions: committed }],
  describeGroups: async () => ({ groups: [{ members: members.map((memberId) => ({ memberId })) }] }),
} as unknown as Admin;

function loop(more: Partial<ConsumerOptions<string>> = {}): ConsumerLoop<string> {
  return new ConsumerLoop<string>({
    kafka: {
      consumer: () => {
        const consumer = new FakeConsumer();
        consumers.push(consumer);
        return consumer as unknown as LoopConsumer;
      },
      admin: () => admin,
    },
    groupId: 'spec',
    topic,
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
  [committed, members] = [[], []];
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
    expect(steps).toEqual([
      'commit 7 to 8',
      'a',
      'b',
      'resolve 8',
      'commit 9 to 9',
      'c',
      'resolve 9',
      'commit 10',
    ]);
  });

  test('with a message that is refused is committed after its dead letter', async () => {
    const consumer = await start();
    await consumer.batch(0, 'poison', 'a');
    expect(letters[0]?.headers).toMatchObject({ dead_letter_offset: '0' });
    expect(steps).toEqual(['commit 0 to 1', 'a', 'resolve 1', 'commit 2']);
  });

  test('is left after the message under way when the signal aborts', async () => {
    const consumer = await start({ handle: async () => stop.abort() });
    await consumer.batch(0, 'a', 'b', 'c', 'd');
    expect(steps.at(-1)).toBe('commit 1');
  });
});

describe('while a backing service is unavailable', () => {
  test('the partition is paused, with nothing done and nothing in work', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    expect(steps).toEqual(['commit 0 to 0', 'commit 0', 'pause']);
  });

  test('what had its effect before is committed', async () => {
    const consumer = await start({
      handle: async (text) => {
        if (text === 'b') throw new UnavailableError();
      },
    });
    await consumer.batch(0, 'a', 'b', 'c');
    expect(steps).toEqual(['commit 0 to 1', 'resolve 0', 'commit 1', 'pause']);
  });

  test('the partition stays paused', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(steps.at(-1)).toBe('pause');
  });

  test('the partition is resumed once the service is available again', async () => {
    const consumer = await start();
    available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    available = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(steps.slice(-2)).toEqual(['pause', 'resume']);
  });

  test('pauses without progress between them grow', async () => {
    const consumer = await start({ handle: () => Promise.reject(new UnavailableError()) });
    for (let pause = 1; pause <= 6; pause += 1) {
      await consumer.batch(0, 'a');
      await jest.advanceTimersByTimeAsync(10_000);
      consumer.emit('heartbeat');
    }
    steps = [];
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(steps.at(-1)).toBe('pause');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(steps.at(-1)).toBe('resume');
  });
});

describe('a batch that takes long', () => {
  let release: () => void;
  let aborted: boolean;
  /** A handler whose first message ends when it is released, or its signal aborts. */
  const slow = async (text: string, _: unknown, signal: AbortSignal): Promise<void> => {
    if (text !== 'slow') return;
    await new Promise<void>((resolve, reject) => {
      release = resolve;
      signal.addEventListener('abort', () => {
        aborted = true;
        reject(new Error('stopped'));
      });
    });
  };
  const startSlow = async (consumer: FakeConsumer): Promise<void> => {
    aborted = false;
    const batch = consumer.batch(0, 'slow', 'a');
    await jest.advanceTimersByTimeAsync(1_000);
    await batch;
  };

  test('goes on aside, with its partition paused, and does not hold the consumer', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    expect(steps).toEqual(['commit 0 to 1', 'pause']);
    await consumer.batchOf(1, 5, 'b');
    expect(steps.at(-1)).toBe('commit 6');
  });

  test('is committed when it is done, and its partition resumes', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    release();
    await jest.advanceTimersByTimeAsync(0);
    expect(steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });

  test('goes on when the group rebalances and the partition stays', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    consumer.join(0);
    release();
    await jest.advanceTimersByTimeAsync(0);
    expect(steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });

  test("is stopped without a commit when the partition is another consumer's", async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    consumer.join(1);
    await jest.advanceTimersByTimeAsync(0);
    expect([aborted, steps.slice(2)]).toEqual([true, ['resume']]);
  });

  test('is stopped when the signal aborts, and nothing stays in work', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    stop.abort();
    await jest.advanceTimersByTimeAsync(0);
    expect([aborted, steps.slice(2)]).toEqual([true, ['commit 0', 'disconnect']]);
  });

  test('is committed later while the group rebalances', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    let failures = 2;
    consumer.commitFault = () => (failures-- > 0 ? new Error('The group is rebalancing') : undefined);
    release();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });
});

describe('a process that died', () => {
  const found = (offset: number, to: number, deaths: number, member = 'other'): void => {
    const metadata = JSON.stringify({ to: String(to), deaths, process: 'other', member });
    committed = [{ partition: 0, offset: String(offset), metadata }];
  };

  test('leaves messages that are tried one by one', async () => {
    found(0, 1, 0);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b', 'c');
    expect(steps.filter((step) => step.startsWith('commit'))).toEqual([
      'commit 0 to 0 after 1 deaths',
      'commit 1',
      'commit 1 to 1 after 1 deaths',
      'commit 2',
      'commit 2 to 2',
      'commit 3',
    ]);
  });

  test('on a message alone that another died on, has it set aside', async () => {
    found(0, 0, 1);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect(letters).toMatchObject([
      { value: Buffer.from('a'), headers: { dead_letter_reason: 'process_died', dead_letter_offset: '0' } },
    ]);
    expect(steps).not.toContain('a');
    expect(steps).toContain('b');
  });

  test('while a message was set aside, has it set aside without its bytes', async () => {
    found(0, 0, 2);
    const consumer = await start();
    await consumer.batch(0, 'a');
    expect(letters).toMatchObject([{ value: null, headers: { dead_letter_reason: 'process_died' } }]);
  });

  test('again and again, has the message left out', async () => {
    found(0, 0, 3);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect([letters, steps.includes('a'), steps.includes('b')]).toEqual([[], false, true]);
  });

  test('is told from one that lives on in the group', async () => {
    found(0, 1, 0, 'alive');
    members = ['alive'];
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect(steps[0]).toBe('commit 0 to 1');
  });

  test('has its messages tried one at a time in all partitions', async () => {
    const metadata = JSON.stringify({ to: '0', deaths: 0, process: 'other', member: 'other' });
    committed = [0, 1].map((partition) => ({ partition, offset: '0', metadata }));
    let [atOnce, most] = [0, 0];
    const consumer = await start({
      handle: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await sleep(10);
        atOnce -= 1;
      },
    });
    const batches = [consumer.batchOf(0, 0, 'a'), consumer.batchOf(1, 0, 'b')];
    await jest.advanceTimersByTimeAsync(100);
    await Promise.all(batches);
    expect(most).toBe(1);
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
