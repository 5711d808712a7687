import { expect, test } from '@jest/globals';
import { StoreUnavailableError } from '#sessions';
import type { AgentCommands } from './agent-commands.ts';
import { LostDetaches } from './lost-detaches.ts';

const lost = (session_id: string) => ({ session_id, instance: 'bot-1', epoch: 1 });

/** A LostDetaches whose first detaches fail with these errors, and the appended ones. */
function lostDetaches(...errors: Error[]): { detaches: LostDetaches; appended: string[] } {
  const appended: string[] = [];
  const detachLost: AgentCommands['detachLost'] = ({ session_id }, reason) => {
    const error = errors.shift();
    if (error) return Promise.reject(error);
    appended.push(`${session_id} ${reason}`);
    return Promise.resolve();
  };
  return { detaches: new LostDetaches({ detachLost } as AgentCommands), appended };
}

test('a detach is appended once', async () => {
  const { detaches, appended } = lostDetaches();
  detaches.add([lost('a')], 'drained');
  await detaches.append();
  await detaches.append();
  expect(appended).toEqual(['a drained']);
});

test('a detach that fails while the store is unavailable is tried again, and does not hold up others', async () => {
  const error = new StoreUnavailableError();
  const { detaches, appended } = lostDetaches(error);
  detaches.add([lost('a'), lost('b')], 'lease_expired');
  await expect(detaches.append()).rejects.toBe(error);
  expect(appended).toEqual(['b lease_expired']);
  await detaches.append();
  expect(appended).toEqual(['b lease_expired', 'a lease_expired']);
});

test('a detach that can never be appended is dropped', async () => {
  const { detaches, appended } = lostDetaches(new Error('spec'));
  detaches.add([lost('a')], 'drained');
  await expect(detaches.append()).rejects.toThrow('spec');
  await detaches.append();
  expect(appended).toEqual([]);
});
