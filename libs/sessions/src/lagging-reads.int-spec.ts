import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandExecutor } from './command-executor.ts';
import { StoreUnavailableError } from './errors.ts';
import { appendToPartner, changePartner } from './partner-memory.ts';
import { EventStore } from './store.ts';
import { revisionOf } from './testing/answers.ts';
import { StandIn } from './testing/stand-in.ts';
import { noCache, raiseFlag, request, sessionOfEachTest, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
let standIn: StandIn;
let behind: EventStore;
/** How many further reads hide the events from a revision on. */
let lagging: { reads: number; from: number };

beforeAll(async () => {
  standIn = await StandIn.before(testSession.store.url);
  standIn.behaviour.read = (read) => {
    lagging.reads -= 1;
    const shown = lagging.reads >= 0 ? lagging.from : Infinity;
    read.forward((message) => revisionOf(message) < shown);
  };
  behind = new EventStore(standIn.url, undefined, { answerMs: 1_000, totalMs: 2_000 });
});
beforeEach(() => {
  lagging = { reads: 0, from: 0 };
});
afterAll(async () => {
  await behind.dispose();
  standIn.close();
});

describe('a store whose reads lag behind its appends', () => {
  test('does not fail a command that conflicts with another', async () => {
    const { session } = await testSession.run(startSession);
    await testSession.run(raiseFlag('theirs'));
    lagging = { reads: 5, from: 1 };
    const cache = { ...noCache, load: async () => session };
    const mine = request(testSession.id, raiseFlag('mine'));
    expect(await new CommandExecutor(behind, cache).execute(mine)).toMatchObject({ revision: 2 });
    expect(lagging.reads).toBeLessThan(0);
  });

  test('shows a conflict with all the events in between', async () => {
    const { session } = await testSession.run(startSession);
    await testSession.run(raiseFlag('a'));
    await testSession.run(raiseFlag('b'));
    lagging = { reads: 4, from: 2 };
    const cache = { ...noCache, load: async () => session };
    const mine = request(testSession.id, raiseFlag('mine'), { expectedRevision: 0 });
    await expect(new CommandExecutor(behind, cache).execute(mine)).rejects.toMatchObject({
      code: 'wrong_expected_revision',
      current: 2,
      events: [{ revision: 1 }, { revision: 2 }],
    });
  });

  test('answers a repeated command with all its events', async () => {
    await testSession.run(startSession);
    const flags = { commands: [raiseFlag('a'), raiseFlag('b')], commandIds: ['key:1'] };
    const { session } = await testSession.run(raiseFlag('a'), flags);
    lagging = { reads: 3, from: 2 };
    const cache = { ...noCache, load: async () => session };
    const again = request(testSession.id, raiseFlag('a'), flags);
    expect(await new CommandExecutor(behind, cache).execute(again)).toMatchObject({
      replayed: true,
      events: [{ revision: 1 }, { revision: 2 }],
    });
  });

  test('fails a command as unavailable when it never shows the event', async () => {
    const { session } = await testSession.run(startSession);
    await testSession.run(raiseFlag('theirs'));
    lagging = { reads: Infinity, from: 1 };
    const cache = { ...noCache, load: async () => session };
    const mine = request(testSession.id, raiseFlag('mine'));
    const failed = new CommandExecutor(behind, cache).execute(mine);
    await expect(failed).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

test('a change of a partner that conflicts with another is decided again after it', async () => {
  const partnerId = randomUUID();
  const change = (store: EventStore, meanwhile: () => Promise<void> = async () => undefined) => {
    const seen: number[] = [];
    const changed = changePartner(store, partnerId, async (partner) => {
      seen.push(partner.revision);
      await meanwhile();
      const data = { partner_id: partnerId, ...partner.state };
      const context = { actor: { role: 'system', id: 'spec' }, $correlationId: 'spec' } as const;
      await appendToPartner(store, partner, [{ type: 'PartnerRemembered', data }], context);
      return true;
    });
    return changed.then(() => seen);
  };
  await change(testSession.store);
  let isFirst = true;
  const seen = await change(behind, async () => {
    if (!isFirst) return;
    isFirst = false;
    await change(testSession.store);
    lagging = { reads: 5, from: 1 };
  });
  expect(seen).toEqual([0, 1]);
});
