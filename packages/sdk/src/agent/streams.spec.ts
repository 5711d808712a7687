import { afterAll, beforeEach, expect, jest, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { limitMs, waitUntil } from '../client/test-support.ts';
import { TokenSource } from '../client/token.ts';
import { Transport } from '../client/transport.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { DetachRequests } from './detach-requests.ts';
import type { Frame } from './frame.ts';
import type { UpdateHandler } from './stream.ts';
import { Streams } from './streams.ts';
import { testUpdate } from './test-update.ts';

jest.setTimeout(limitMs);
const transport = new Transport({
  url: 'http://127.0.0.1:9',
  agentId: 'spec',
  token: new TokenSource('spec'),
  timeoutMs: 1,
  retryForMs: 0,
  connections: 1,
});
afterAll(() => transport.close());

/** The first call of the handler waits for the gate. */
let gate = deferred<void>();
let started: number[];
let frames: Frame[];
beforeEach(() => {
  gate = deferred<void>();
  started = [];
  frames = [];
});
const waitForGate: UpdateHandler = ({ revision }) => {
  started.push(revision);
  return started.length === 1 ? gate.promise : undefined;
};

const send = (frame: Frame): void => void frames.push(frame);

function openStreams(): Streams {
  return new Streams({
    transport,
    acknowledgements: new Acknowledgements(send),
    detaches: new DetachRequests(send, limitMs),
    limits: { timeoutMs: limitMs, attempts: 100 },
    onUpdate: waitForGate,
    onError: () => undefined,
    onSkipped: () => undefined,
  });
}

/** A session that ends, and is attached again, while the handler of update 4 runs. */
async function attachedAgain(): Promise<Streams> {
  const streams = openStreams();
  streams.attach('s', 1, 3).receive(testUpdate(4));
  await waitUntil(() => started.length === 1);
  streams.end('s', 'replaced');
  const again = streams.attach('s', 2, 3);
  for (const revision of [4, 5]) again.receive(testUpdate(revision));
  return streams;
}

test('a session that is attached again waits for the running handler', async () => {
  const streams = await attachedAgain();
  await new Promise((resolve) => void setImmediate(resolve));
  expect(started).toEqual([4]);
  gate.resolve();
  await streams.whenIdle();
});

test('a session that is attached again does not repeat an update handled meanwhile', async () => {
  await attachedAgain();
  gate.resolve();
  await waitUntil(() => frames.length === 2);
  expect(started).toEqual([4, 5]);
  expect(frames.map(({ revision }) => revision)).toEqual([4, 5]);
});

test('a session that is attached again repeats an update whose handler failed meanwhile', async () => {
  await attachedAgain();
  gate.reject(new Error('spec'));
  await waitUntil(() => frames.length === 2);
  expect(started).toEqual([4, 4, 5]);
});

test('paused streams start no handlers, and are idle once the last one has ended', async () => {
  const streams = openStreams();
  const stream = streams.attach('s', 1, 3);
  for (const revision of [4, 5]) stream.receive(testUpdate(revision));
  await waitUntil(() => started.length === 1);
  streams.pause();
  gate.resolve();
  await streams.whenIdle();
  streams.attach('t', 1, 3).receive(testUpdate(4));
  expect(started).toEqual([4]);
});
