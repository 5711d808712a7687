import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { IndexBatch, Mention } from './changes.ts';
import { KnownMentions } from './known-mentions.ts';

const about = (references: readonly string[], session_id: string = randomUUID()): Mention[] =>
  references.map((reference) => ({ session_id, kind: 'order', reference, position: 1n }));
const batch = (mentions: readonly Mention[]): IndexBatch => ({ arrived: [], over: [], starts: [], mentions });

test('a mention that is in the index is not written again', () => {
  const known = new KnownMentions(2 ** 16);
  const mentions = about(['O1', 'O2']);
  known.add(batch(mentions));
  expect(known.withoutKnown(batch(mentions)).mentions).toEqual([]);
});

test('long references do not take more memory than allowed', () => {
  const known = new KnownMentions(2 ** 16);
  for (let n = 0; n < 1_000; n += 1) known.add(batch(about([`${n}`.padEnd(1_000, 'x')])));
  expect(known.bytes).toBeLessThanOrEqual(2 ** 16);
  expect(known.bytes).toBeGreaterThan(2 ** 15);
});

test('a mention that is no longer remembered is written again', () => {
  const known = new KnownMentions(2 ** 13);
  const first = about(['O1']);
  known.add(batch(first));
  for (let n = 0; n < 100; n += 1) known.add(batch(about([`O${n}`])));
  expect(known.withoutKnown(batch(first)).mentions).toEqual(first);
});
