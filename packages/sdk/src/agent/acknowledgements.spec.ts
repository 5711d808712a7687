import { beforeEach, expect, test } from '@jest/globals';
import { Acknowledgements } from './acknowledgements.ts';

let sent: unknown[];
let acknowledgements: Acknowledgements;
beforeEach(() => {
  sent = [];
  acknowledgements = new Acknowledgements(({ revision, skipped }) => {
    sent.push(skipped === undefined ? revision : [revision, skipped]);
  });
});
const reason = 'handler_failed';

test('a session is claimed up to the last handled update', () => {
  acknowledgements.acknowledge('s', 4);
  expect(acknowledgements.claim('s', 4)).toBe(4);
});

test('a session is claimed up to the first skipped update that is not recorded', () => {
  acknowledgements.acknowledge('s', 4, reason);
  acknowledgements.acknowledge('s', 5);
  acknowledgements.acknowledge('s', 6, reason);
  expect(acknowledgements.claim('s', 6)).toBe(3);
  acknowledgements.confirm('s', 4);
  expect(acknowledgements.claim('s', 6)).toBe(5);
  acknowledgements.resumed('s', 6);
  expect(acknowledgements.claim('s', 6)).toBe(6);
});

test('over the next connection, no acknowledgement precedes that of a skipped update', () => {
  acknowledgements.acknowledge('s', 4, reason);
  sent = [];
  acknowledgements.claim('s', 4);
  acknowledgements.acknowledge('s', 5);
  acknowledgements.resumed('s', 3);
  acknowledgements.acknowledge('s', 6);
  expect(sent).toEqual([]);
  for (const revision of [4, 5, 6]) acknowledgements.acknowledge('s', revision);
  expect(sent).toEqual([[4, { reason }], 5, 6]);
});

test('an update that is skipped before the session is resumed is acknowledged when it comes again', () => {
  acknowledgements.claim('s', 3);
  acknowledgements.acknowledge('s', 4, reason);
  acknowledgements.resumed('s', 3);
  acknowledgements.acknowledge('s', 5);
  expect(sent).toEqual([]);
  acknowledgements.acknowledge('s', 4);
  expect(sent).toEqual([[4, { reason }]]);
});

test('all are recorded once the latest one is', async () => {
  for (const revision of [4, 5, 4]) acknowledgements.acknowledge('s', revision);
  let isRecorded = false;
  const recorded = acknowledgements.whenRecorded().then(() => (isRecorded = true));
  acknowledgements.confirm('s', 4);
  await Promise.resolve();
  expect(isRecorded).toBe(false);
  acknowledgements.resumed('s', 5);
  await recorded;
});
