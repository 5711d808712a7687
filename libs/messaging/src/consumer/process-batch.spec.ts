import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { sleep } from '../../../platform/src/async/sleep.ts';
import { NonRetryableError } from '../errors.ts';
import type { BatchOptions, BatchResult, Received } from './process-batch.ts';
import { processBatch } from './process-batch.ts';
import type { Outgoing } from '../publisher.ts';

const { KafkaJSProtocolError } = kafkajs;

class UnavailableError extends Error {}

let handled: string[];
let letters: Outgoing[];
beforeEach(() => {
  jest.useFakeTimers();
  handled = [];
  letters = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** Messages `key:text`, as the offsets 0, 1, … of one partition. */
function received(...texts: string[]): Received[] {
  return texts.map((text, index) => {
    const [key = '', value = ''] = text.split(':');
    const place = { topic: 'orders.events', partition: 2, offset: String(index), timestamp: '0' };
    return { ...place, key: key === '' ? null : Buffer.from(key), value: Buffer.from(value) };
  });
}

async function handle(text: string): Promise<void> {
  if (text === 'refused') throw new NonRetryableError('refused', 'no');
  if (text === 'unavailable') throw new UnavailableError();
  handled.push(text);
}

async function run(
  texts: string[],
  more: Partial<BatchOptions<string>> = {},
  signal = new AbortController().signal,
  ahead?: ReadonlySet<string>,
): Promise<BatchResult> {
  const options: BatchOptions<string> = {
    prepare: async (messages) =>
      messages.map(({ value }) => {
        const text = String(value);
        return text === 'poison' ? new NonRetryableError('not_json', 'broken') : text;
      }),
    handle,
    isUnavailable: (error) => error instanceof UnavailableError,
    deadLetter: async (sent) => void letters.push(...sent),
    atOnce: 4,
    ...more,
  };
  const result = processBatch(received(...texts), options, signal, ahead);
  await jest.advanceTimersByTimeAsync(10_000);
  return result;
}

const failing = (): Promise<never> => Promise.reject(new UnavailableError());

test('every message is processed', async () => {
  expect(await run(['a:1', 'b:2', 'a:3', ':4', 'a:5', ':6'])).toEqual({ done: 6 });
  expect(handled.sort()).toEqual(['1', '2', '3', '4', '5', '6']);
});

test('the messages of a key are processed in order, however long each takes', async () => {
  await run(['a:30', 'b:1', 'a:20', 'a:10'], {
    handle: async (text) => {
      await sleep(Number(text));
      handled.push(text);
    },
  });
  expect(handled).toEqual(['1', '30', '20', '10']);
});

test('messages without a key do not wait for one another', async () => {
  await run([':30', ':10'], {
    handle: async (text) => {
      await sleep(Number(text));
      handled.push(text);
    },
  });
  expect(handled).toEqual(['10', '30']);
});

test('a message that cannot be read goes to the dead letters and the next of its key is processed', async () => {
  expect(await run(['a:1', 'a:poison', 'a:2'])).toEqual({ done: 3 });
  expect([handled, letters.length]).toEqual([['1', '2'], 1]);
  expect(letters[0]).toMatchObject({
    topic: 'orders.events.dlq',
    key: Buffer.from('a'),
    value: Buffer.from('poison'),
    headers: { dead_letter_reason: 'not_json', dead_letter_detail: 'broken', dead_letter_offset: '1' },
  });
});

test('a refused message goes to the dead letters at its first attempt', async () => {
  const handler = jest.fn(handle);
  expect(await run(['a:refused'], { handle: handler })).toEqual({ done: 1 });
  expect(handler).toHaveBeenCalledTimes(1);
  expect(letters[0]?.headers).toMatchObject({ dead_letter_reason: 'refused', dead_letter_detail: 'no' });
});

test('while a backing service is unavailable the batch ends before the first unprocessed message', async () => {
  const result = await run(['a:1', 'a:unavailable', 'a:2', 'a:3'], { atOnce: 1 });
  expect(result).toEqual({ done: 1, error: expect.any(UnavailableError), ahead: new Set() });
  expect([handled, letters]).toEqual([['1'], []]);
});

test('while a backing service is unavailable no message of another key is started', async () => {
  await run(['a:unavailable', 'b:1'], { atOnce: 1 });
  expect(handled).toEqual([]);
});

test('the messages processed after the first unprocessed one are named, and left out of the next attempt', async () => {
  const texts = ['a:unavailable', 'b:poison', 'a:2', 'c:3'];
  const { done, ahead } = await run(texts);
  expect([done, ahead]).toEqual([0, new Set(['1', '3'])]);
  expect([handled, letters.length]).toEqual([['3'], 1]);
  const prepare = jest.fn(async (chunk: readonly Received[]) => chunk.map(({ value }) => String(value)));
  const again = ['a:1', ...texts.slice(1)];
  expect(await run(again, { prepare }, new AbortController().signal, ahead)).toEqual({ done: 4 });
  expect([handled, letters.length]).toEqual([['3', '1', '2'], 1]);
  expect(prepare.mock.calls.map(([chunk]) => chunk.map(({ offset }) => offset))).toEqual([['0', '2']]);
});

test('no message is processed when the batch cannot be prepared', async () => {
  expect(await run(['a:1'], { prepare: failing })).toMatchObject({ done: 0 });
  expect(handled).toEqual([]);
});

const prepareShallow = async (messages: readonly Received[]): Promise<string[]> => {
  const texts = messages.map(({ value }) => String(value));
  if (texts.includes('deep')) throw new RangeError('too deep');
  return texts;
};

test('only the message that makes the preparation of its batch fail goes to the dead letters', async () => {
  expect(await run(['a:1', 'a:deep', 'b:2'], { prepare: prepareShallow })).toEqual({ done: 3 });
  expect(handled.sort()).toEqual(['1', '2']);
  expect(letters).toMatchObject([
    { headers: { dead_letter_reason: 'gave_up', dead_letter_detail: 'too deep', dead_letter_offset: '1' } },
  ]);
});

test('a service that becomes unavailable while messages are prepared one by one ends the batch', async () => {
  const prepare = async (messages: readonly Received[]): Promise<string[]> => {
    if (messages.length > 1) throw new RangeError('too deep');
    throw new UnavailableError();
  };
  expect(await run(['a:1', 'b:2'], { prepare })).toMatchObject({
    done: 0,
    error: expect.any(UnavailableError),
  });
  expect(letters).toEqual([]);
});

test('a message too large for the dead letters gets one with its place only', async () => {
  const deadLetter = async (sent: readonly Outgoing[]): Promise<void> => {
    if (sent.some(({ value }) => value !== null))
      throw new KafkaJSProtocolError({ message: 'no', type: 'MESSAGE_TOO_LARGE', code: 10 } as never);
    letters.push(...sent);
  };
  expect(await run(['a:1', 'a:poison', 'a:2'], { deadLetter })).toEqual({ done: 3 });
  expect(letters).toMatchObject([
    {
      key: null,
      value: null,
      headers: {
        dead_letter_reason: 'not_json',
        dead_letter_detail: 'Too large for here, its bytes are at its place only: broken',
        dead_letter_offset: '1',
      },
    },
  ]);
});

test('a message whose dead letter cannot be sent does not count as done', async () => {
  expect(await run(['a:poison', 'b:1'], { deadLetter: failing })).toMatchObject({ done: 0 });
});

test('a temporary error is followed by another attempt', async () => {
  let failures = 2;
  const result = await run(['a:1'], {
    handle: async (text) => {
      if (failures-- > 0) throw new Error('odd');
      handled.push(text);
    },
  });
  expect([result, handled, letters]).toEqual([{ done: 1 }, ['1'], []]);
});

test('a message that fails repeatedly goes to the dead letters', async () => {
  const handler = jest.fn(() => Promise.reject(new Error('odd')));
  expect(await run(['a:1'], { handle: handler })).toEqual({ done: 1 });
  expect(handler).toHaveBeenCalledTimes(4);
  expect(letters[0]?.headers).toMatchObject({ dead_letter_reason: 'gave_up', dead_letter_detail: 'odd' });
});

describe('when the signal aborts', () => {
  let stop: AbortController;
  beforeEach(() => {
    stop = new AbortController();
  });

  test('no more messages are started', async () => {
    const handler = async (text: string): Promise<void> => {
      handled.push(text);
      stop.abort();
    };
    expect(await run(['a:1', 'a:2'], { handle: handler }, stop.signal)).toMatchObject({ done: 1 });
    expect(handled).toEqual(['1']);
  });

  test('a message whose processing ends with an error gets no dead letter', async () => {
    const handler = async (): Promise<void> => {
      stop.abort();
      throw new Error('stopped');
    };
    expect(await run(['a:1'], { handle: handler }, stop.signal)).toMatchObject({ done: 0 });
    expect(letters).toEqual([]);
  });
});

test('an unreadable record batch goes to the dead letters without being prepared', async () => {
  const messages = received('a:1', 'a:2').map((one, index) =>
    index === 0 ? { ...one, fault: 'packed' } : one,
  );
  const prepare = jest.fn(async (chunk: readonly Received[]) => chunk.map(({ value }) => String(value)));
  const options = { prepare, handle, isUnavailable: () => false, atOnce: 1 };
  const sent = { deadLetter: async (more: readonly Outgoing[]) => void letters.push(...more) };
  const { signal } = new AbortController();
  expect(await processBatch(messages, { ...options, ...sent }, signal)).toEqual({ done: 2 });
  expect(handled).toEqual(['2']);
  expect(letters[0]?.headers).toMatchObject({
    dead_letter_reason: 'unreadable',
    dead_letter_detail: 'packed',
  });
});
