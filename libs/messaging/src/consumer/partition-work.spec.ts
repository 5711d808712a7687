import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sleep } from '../../../platform/src/async/sleep.ts';
import type { ConsumerOptions } from './loop.ts';
import type { FakeConsumer } from './test-group.ts';
import { TestGroup } from './test-group.ts';

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

/** The messages in progress at a process that has left the group, or at another member. */
const found = (offset: number, to: number, deaths: number, member = 'other'): void => {
  const metadata = JSON.stringify({ to: String(to), deaths, process: 'other', member });
  group.committed = [{ partition: 0, offset: String(offset), metadata }];
};

const ignore = (): void => undefined;

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

  test('continues in the background, with its partition paused, and does not block the consumer', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    expect(group.steps).toEqual(['commit 0 to 1', 'pause']);
    await consumer.batchOf(1, 5, 'b');
    expect(group.steps.at(-1)).toBe('commit 6');
  });

  test('is committed when it is done, and its partition resumes', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    release();
    await jest.advanceTimersByTimeAsync(0);
    expect(group.steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });

  test('continues when the group rebalances and the partition stays', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    consumer.join(0);
    release();
    await jest.advanceTimersByTimeAsync(0);
    expect(group.steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });

  test("is stopped without a commit when the partition is another consumer's", async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    consumer.join(1);
    await jest.advanceTimersByTimeAsync(0);
    expect([aborted, group.steps.slice(2)]).toEqual([true, ['resume']]);
  });

  test('is stopped when the signal aborts, and nothing stays in progress', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    group.stop.abort();
    await jest.advanceTimersByTimeAsync(0);
    expect([aborted, group.steps.slice(2)]).toEqual([true, ['commit 0', 'disconnect']]);
  });

  test('is committed later while the group rebalances', async () => {
    const consumer = await start({ handle: slow });
    await startSlow(consumer);
    let failures = 2;
    consumer.commitFault = () => (failures-- > 0 ? new Error('The group is rebalancing') : undefined);
    release();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(group.steps.slice(2)).toEqual(['resolve 1', 'commit 2', 'resume']);
  });
});

describe('a process that died', () => {
  test('leaves messages that are retried one by one', async () => {
    found(0, 1, 0);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b', 'c');
    expect(group.steps.filter((step) => step.startsWith('commit'))).toEqual([
      'commit 0 to 0 after 1 deaths',
      'commit 1',
      'commit 1 to 1 after 1 deaths',
      'commit 2',
      'commit 2 to 2',
      'commit 3',
    ]);
  });

  test('on a single message that another process died on sets it aside', async () => {
    found(0, 0, 1);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect(group.letters).toMatchObject([
      { value: Buffer.from('a'), headers: { dead_letter_reason: 'process_died', dead_letter_offset: '0' } },
    ]);
    expect(group.steps).not.toContain('a');
    expect(group.steps).toContain('b');
  });

  test('while setting a message aside sets it aside without its bytes', async () => {
    found(0, 0, 2);
    const consumer = await start();
    await consumer.batch(0, 'a');
    expect(group.letters).toMatchObject([{ value: null, headers: { dead_letter_reason: 'process_died' } }]);
  });

  test.each([2, 3])('%s times is reported with the place of the message', async (deaths) => {
    found(0, 0, deaths - 1);
    const reported: object[] = [];
    const error = (fields: object): void => void reported.push(fields);
    const consumer = await start({ log: { debug: ignore, info: ignore, warn: ignore, error } });
    await consumer.batch(0, 'a');
    expect(reported).toEqual([{ topic: 'orders.events', partition: 0, offset: '0', deaths }]);
  });

  test('repeatedly skips the message', async () => {
    found(0, 0, 3);
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect([group.letters, group.steps.includes('a'), group.steps.includes('b')]).toEqual([[], false, true]);
  });

  test('is distinguished from one that is still in the group', async () => {
    found(0, 1, 0, 'alive');
    group.members = [{ memberId: 'alive', clientId: 'bridge' }];
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect(group.steps[0]).toBe('commit 0 to 1');
  });

  test('is distinguished from one that is still in the group as another member', async () => {
    found(0, 1, 0, 'left');
    group.members = [{ memberId: 'joined again', clientId: 'bridge.other' }];
    const consumer = await start();
    await consumer.batch(0, 'a', 'b');
    expect(group.steps[0]).toBe('commit 0 to 1');
  });

  test('is distinguished from one that ended between two chunks: nothing stays in progress', async () => {
    const consumer = await start();
    consumer.commitFault = () => {
      consumer.isRunning = !group.steps.includes('b');
      return undefined;
    };
    await consumer.batch(0, 'a', 'b', 'c');
    expect(group.steps.slice(-2)).toEqual(['commit 2 to 2', 'commit 2']);
  });

  test('has its messages retried one at a time in all partitions', async () => {
    const metadata = JSON.stringify({ to: '0', deaths: 0, process: 'other', member: 'other' });
    group.committed = [0, 1].map((partition) => ({ partition, offset: '0', metadata }));
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
