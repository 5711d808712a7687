import { expect, test } from '@jest/globals';
import type { ChunkOptions, Received } from './chunk.ts';
import { processBatch } from './chunk.ts';
import { readDeadLetter, redriven, writeDeadLetter } from './dead-letters.ts';
import { NonRetryableError } from './errors.ts';
import type { Outgoing } from './publisher.ts';

class Away extends Error {}

/** Messages `key:text`, as the offsets 0, 1, … of one partition. */
function received(...texts: string[]): Received[] {
  return texts.map((text, index) => {
    const [key = '', value = ''] = text.split(':');
    const headers = { ce_id: `${index}` };
    const place = { topic: 'orders.events', partition: 2, offset: String(index), timestamp: '0' };
    return { ...place, key: key === '' ? null : Buffer.from(key), value: Buffer.from(value), headers };
  });
}

interface Run {
  readonly done: number;
  readonly handled: string[];
  readonly buried: Outgoing[];
}

async function run(texts: string[], more: Partial<ChunkOptions<string>> = {}): Promise<Run> {
  const handled: string[] = [];
  const buried: Outgoing[] = [];
  const { done } = await processBatch<string>(received(...texts), {
    prepare: async (messages) =>
      messages.map(({ value }) => {
        const text = String(value);
        return text === 'poison' ? new NonRetryableError('not_json', 'broken') : text;
      }),
    handle: async (text) => {
      if (text === 'refused') throw new NonRetryableError('refused', 'no');
      if (text === 'away') throw new Away();
      handled.push(text);
    },
    isAway: (error) => error instanceof Away,
    deadLetter: async (letters) => void buried.push(...letters),
    atOnce: 4,
    ...more,
  });
  return { done, handled, buried };
}

const order: string[] = [];

test('all have their effect, those of a key in their order', async () => {
  const { done, handled } = await run(['a:1', 'b:2', 'a:3', ':4', 'a:5', ':6'], {
    handle: async (text) => {
      await new Promise((resolve) => setTimeout(resolve, Number(text) % 2 === 1 ? 10 - Number(text) : 1));
      order.push(text);
    },
  });
  expect(done).toBe(6);
  expect(handled).toEqual([]);
  expect(order.filter((text) => Number(text) % 2 === 1)).toEqual(['1', '3', '5']);
});

test('what can never be used goes to the dead letters with its place and bytes, and holds nobody up', async () => {
  const { done, handled, buried } = await run(['a:1', 'a:poison', 'a:2', 'b:refused', 'b:3']);
  expect([done, handled.sort()]).toEqual([5, ['1', '2', '3']]);
  const letters = buried
    .map((letter) => readDeadLetter(letter as Parameters<typeof readDeadLetter>[0]))
    .sort((a, b) => Number(a?.offset) - Number(b?.offset));
  expect(letters).toMatchObject([
    { topic: 'orders.events', partition: 2, offset: '1', reason: 'not_json', detail: 'broken' },
    { topic: 'orders.events', partition: 2, offset: '3', reason: 'refused', detail: 'no' },
  ]);
  expect(letters.map((letter) => `${String(letter?.key)}:${String(letter?.value)}`)).toEqual([
    'a:poison',
    'b:refused',
  ]);
  expect(buried[0]?.topic).toBe('orders.events.dlq');
  const [letter] = letters;
  if (!letter) throw new Error('no dead letter');
  const again = redriven(letter, { topic: 'orders.events.dlq', partition: 0, offset: '7' });
  expect(again).toEqual({
    topic: 'orders.events',
    key: Buffer.from('a'),
    value: Buffer.from('poison'),
    headers: { ce_id: '1', redriven_from: 'orders.events.dlq/0/7' },
  });
});

test('with an engine away it ends before the first message without effect', async () => {
  const { done, handled } = await run(['a:1', 'a:away', 'a:2', 'a:3'], { atOnce: 1 });
  expect([done, handled]).toEqual([1, ['1']]);
});

async function failing(): Promise<never> {
  throw new Away();
}

test('nothing is done when reading fails, or a dead letter cannot be sent', async () => {
  expect((await run(['a:1'], { prepare: failing })).done).toBe(0);
  expect((await run(['a:poison', 'b:1'], { deadLetter: failing })).done).toBe(0);
});

test('a fault that may pass is tried again, then given up', async () => {
  let attempts = 0;
  const { done, buried } = await run(['a:1', 'b:2'], {
    handle: async (text) => {
      attempts += 1;
      if (text === '1' || attempts < 3) throw new Error('odd');
    },
  });
  expect([done, buried.length]).toEqual([2, 1]);
  expect(String(buried[0]?.headers?.['dead_letter_reason'])).toBe('gave_up');
});

test('a header without a value does not keep a message out of the dead letters', () => {
  const [message] = received('a:1');
  if (message === undefined) throw new Error('nothing received');
  const headers = { without: null, several: ['1', null], other: '2' } as unknown as Record<string, string>;
  const why = { reason: 'not_json', detail: 'broken', failed_at: '' };
  const letter = writeDeadLetter({ ...message, ...why, headers });
  expect(letter.headers).toMatchObject({ without: '', several: ['1', ''], other: '2' });
});
