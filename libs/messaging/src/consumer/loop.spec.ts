import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { NonRetryableError } from '../errors.ts';
import type { ConsumerOptions } from './loop.ts';
import { FakeConsumer, TestGroup, UnavailableError } from './test-group.ts';

let group: TestGroup;
beforeEach(() => {
  jest.useFakeTimers();
  group = new TestGroup();
});
afterEach(async () => {
  group.stop.abort();
  await jest.advanceTimersByTimeAsync(0);
  await group.running;
  jest.useRealTimers();
  jest.restoreAllMocks();
});

async function start(more: Partial<ConsumerOptions<string>> = {}): Promise<FakeConsumer> {
  return group.start(() => jest.advanceTimersByTimeAsync(0), more);
}

describe('a batch', () => {
  test('is committed chunk by chunk, each after it is processed', async () => {
    const consumer = await start();
    await consumer.batch(7, 'a', 'b', 'c');
    expect(group.steps).toEqual([
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

  test('with a refused message is committed after its dead letter', async () => {
    const consumer = await start();
    await consumer.batch(0, 'poison', 'a');
    expect(group.letters[0]?.headers).toMatchObject({ dead_letter_offset: '0' });
    expect(group.steps).toEqual(['commit 0 to 1', 'a', 'resolve 1', 'commit 2']);
  });

  test('ends after the current message when the signal aborts', async () => {
    const consumer = await start({ handle: async () => group.stop.abort() });
    await consumer.batch(0, 'a', 'b', 'c', 'd');
    expect(group.steps.findLast((step) => step.startsWith('commit'))).toBe('commit 1');
  });
});

const refuse = async (text: string): Promise<void> => {
  throw text === 'poison' ? new NonRetryableError('refused', 'no') : new UnavailableError();
};

describe('while a backing service is unavailable', () => {
  test('the partition is paused, with nothing done and nothing in progress', async () => {
    const consumer = await start();
    group.available = false;
    await consumer.batch(0, 'a');
    expect(group.steps).toEqual(['commit 0 to 0', 'commit 0', 'pause']);
  });

  test('a consumer that ended meanwhile need not be paused', async () => {
    const consumer = await start();
    group.available = false;
    consumer.pause = () => {
      throw new Error('Consumer group was not initialized');
    };
    await expect(consumer.batch(0, 'a')).resolves.toBeUndefined();
  });

  test('already processed messages are committed', async () => {
    const consumer = await start({
      handle: async (text) => {
        if (text === 'b') throw new UnavailableError();
      },
    });
    await consumer.batch(0, 'a', 'b', 'c');
    expect(group.steps).toEqual(['commit 0 to 1', 'resolve 0', 'commit 1', 'pause']);
  });

  test('a broken message gets one dead letter, however often the messages before it are tried', async () => {
    let [isDown, tries] = [true, 0];
    const handle = async (text: string): Promise<void> => {
      if (text === 'poison') throw new NonRetryableError('refused', 'no');
      tries += 1;
      if (isDown) throw new UnavailableError();
      group.steps.push(text);
    };
    const consumer = await start({ handle, atOnce: 2 });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await consumer.batch(7, 'a', 'poison', 'b');
      await jest.advanceTimersByTimeAsync(10_000);
      consumer.emit('heartbeat');
    }
    expect([tries, group.letters.length]).toEqual([5, 1]);
    isDown = false;
    group.steps.length = 0;
    await consumer.batch(7, 'a', 'poison', 'b');
    expect(group.steps.filter((step) => !step.startsWith('commit'))).toEqual([
      'a',
      'resolve 8',
      'b',
      'resolve 9',
    ]);
    expect(group.letters).toHaveLength(1);
  });

  test('a broken message gets one dead letter even if fewer messages are fetched the next time', async () => {
    const consumer = await start({ handle: refuse, atOnce: 2 });
    await consumer.batch(7, 'a', 'poison');
    await consumer.batch(7, 'a');
    await consumer.batch(7, 'a', 'poison');
    expect(group.letters).toHaveLength(1);
  });

  test('nothing is left out after a new assignment: the offsets may be those of other messages', async () => {
    const consumer = await start({ handle: refuse, atOnce: 2 });
    await consumer.batch(7, 'a', 'poison');
    consumer.join(0);
    await consumer.batch(7, 'a', 'poison');
    expect(group.letters).toHaveLength(2);
  });

  test('the partition stays paused', async () => {
    const consumer = await start();
    group.available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(group.steps.at(-1)).toBe('pause');
  });

  test('the partition is resumed once the service is available again', async () => {
    const consumer = await start();
    group.available = false;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(30_000);
    group.available = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(group.steps.slice(-2)).toEqual(['pause', 'resume']);
  });

  test('pauses without progress in between grow', async () => {
    const consumer = await start({ handle: () => Promise.reject(new UnavailableError()) });
    for (let pause = 1; pause <= 6; pause += 1) {
      await consumer.batch(0, 'a');
      await jest.advanceTimersByTimeAsync(10_000);
      consumer.emit('heartbeat');
    }
    group.steps.length = 0;
    await consumer.batch(0, 'a');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(group.steps.at(-1)).toBe('pause');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(group.steps.at(-1)).toBe('resume');
  });
});

describe('a consumer', () => {
  test('that crashes is replaced after a pause', async () => {
    const consumer = await start();
    consumer.emit('crash', { error: new Error('coordinator lost') });
    await jest.advanceTimersByTimeAsync(100);
    expect(group.steps).toEqual(['disconnect']);
    await jest.advanceTimersByTimeAsync(200);
    expect(group.steps).toEqual(['disconnect', 'connect', 'subscribe']);
  });

  test('whose broker does not answer a request is replaced, even if it does not disconnect', async () => {
    const consumer = await start();
    consumer.disconnect = () => new Promise(() => undefined);
    consumer.emit('request timeout', { apiName: 'Fetch', broker: 'kafka:9092' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(group.steps).toEqual(['connect', 'subscribe']);
  });

  test('that cannot connect is replaced until one can', async () => {
    jest.spyOn(FakeConsumer.prototype, 'connect').mockRejectedValue(new Error('no broker'));
    await start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(group.consumers.length).toBeGreaterThan(10);
  });

  test.each([
    ['whose broker is unavailable is soon replaced, again and again', new UnavailableError(), [60, 200]],
    ['that is refused is replaced at growing intervals', new Error('not authorized'), [10, 25]],
  ])('%s', async (_, error, [least, most]) => {
    jest.spyOn(FakeConsumer.prototype, 'connect').mockRejectedValue(error);
    await start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(group.consumers.length).toBeGreaterThan(least as number);
    expect(group.consumers.length).toBeLessThan(most as number);
  });

  test('without a sign of life is replaced', async () => {
    await start();
    await jest.advanceTimersByTimeAsync(46_000);
    expect(group.consumers).toHaveLength(2);
  });

  test('with signs of life is kept', async () => {
    const consumer = await start();
    for (let second = 0; second < 120; second += 1) {
      consumer.emit('heartbeat');
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(group.consumers).toHaveLength(1);
  });

  test('is disconnected when the signal aborts', async () => {
    await start();
    group.stop.abort();
    await jest.advanceTimersByTimeAsync(0);
    await group.running;
    expect(group.steps).toEqual(['disconnect']);
  });

  test('that still fetches after it was disconnected is disconnected again', async () => {
    const consumer = await start();
    consumer.emit('crash', { error: new Error('the group is gone') });
    await jest.advanceTimersByTimeAsync(10_000);
    group.steps.length = 0;
    consumer.emit('fetch');
    await jest.advanceTimersByTimeAsync(0);
    expect(group.steps).toEqual(['disconnect']);
  });

  test('that connects only after it was replaced does not join the group', async () => {
    const connected = Promise.withResolvers<void>();
    jest.spyOn(FakeConsumer.prototype, 'connect').mockReturnValueOnce(connected.promise);
    const consumer = await start();
    const run = jest.spyOn(consumer, 'run');
    consumer.emit('request timeout', { apiName: 'ApiVersions', broker: 'a' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(group.consumers).toHaveLength(2);
    group.steps.length = 0;
    connected.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect([group.steps, run.mock.calls]).toEqual([['disconnect'], []]);
  });

  test('that does not disconnect is abandoned after a while', async () => {
    jest.spyOn(FakeConsumer.prototype, 'disconnect').mockReturnValue(new Promise(() => undefined));
    await start();
    group.stop.abort();
    await jest.advanceTimersByTimeAsync(10_000);
    await expect(group.running).resolves.toBeUndefined();
  });
});
