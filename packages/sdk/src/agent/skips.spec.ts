import { afterEach, expect, jest, test } from '@jest/globals';
import { limitMs, waitUntil } from '../client/test-support.ts';
import type { Frame } from './frame.ts';
import { attached, cleanup, connect, serve, welcome } from './test-api.ts';
import { testUpdate } from './test-update.ts';

jest.setTimeout(limitMs);
afterEach(() => cleanup.closeAll());

const update = (revision: number): object => ({ ...testUpdate(revision), type: 'update', session_id: 's' });
const ofType = (received: readonly Frame[], type: string): Frame[] =>
  received.filter((frame) => frame.type === type);
/** Those over the second connection. */
const acksAgain = (received: readonly Frame[]): Frame[] => {
  const [, again] = ofType(received, 'hello');
  return again === undefined ? [] : ofType(received.slice(received.indexOf(again)), 'ack');
};

async function onUpdate({ revision }: { readonly revision: number }): Promise<void> {
  if (revision === 4) throw new Error('spec');
}

/** An API whose connection breaks at the first acknowledgement; it sends the claimed updates up to 6 again. */
async function breakingApi(acknowledged = 3): Promise<readonly Frame[]> {
  const { url, received } = await serve((frame, socket) => {
    const send = (reply: object): void => socket.send(JSON.stringify(reply));
    if (frame.type === 'ack' && ofType(received, 'ack').length === 1) socket.terminate();
    if (frame.type === 'attach') for (const reply of [attached, update(4), update(5), update(6)]) send(reply);
    if (frame.type !== 'hello') return undefined;
    send(welcome);
    for (const { after } of frame['resume'] as { after: number }[]) {
      send({ ...attached, reason: 'resumed', acknowledged });
      for (let revision = Math.max(after, acknowledged) + 1; revision <= 6; revision += 1)
        send(update(revision));
    }
    return undefined;
  });
  const agent = await connect(url, { onUpdate, handlerAttempts: 1, onError: () => undefined });
  await agent.attach('s');
  return received;
}

test('the record of a skipped update that a broken connection lost is sent again', async () => {
  const received = await breakingApi();
  await waitUntil(() => acksAgain(received).some(({ revision }) => revision === 6));
  expect(ofType(received, 'hello')[1]).toMatchObject({ resume: [{ session_id: 's', after: 3 }] });
  expect(acksAgain(received).map(({ revision, skipped }) => [revision, skipped])).toEqual([
    [4, { reason: 'handler_failed' }],
    [5, undefined],
    [6, undefined],
  ]);
});

test('a skipped update whose record the API has is not waited for', async () => {
  const received = await breakingApi(4);
  await waitUntil(() => acksAgain(received).some(({ revision }) => revision === 6));
  expect(acksAgain(received).filter(({ skipped }) => skipped !== undefined)).toEqual([]);
});
