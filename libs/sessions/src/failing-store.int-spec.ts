import { expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { CommandExecutor } from './command-executor.ts';
import type { CommandRequest } from './command-request.ts';
import { StoreUnavailableError } from './errors.ts';
import { EventStore } from './store.ts';
import { FaultyStore, noCache, raiseFlag, request, sessionOfEachTest, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run } = testSession;

async function executeOn(
  fault: ConstructorParameters<typeof FaultyStore>[1],
  command: CommandRequest,
): Promise<unknown> {
  const faulty = new FaultyStore(store.url, fault);
  const outcome = await new CommandExecutor(faulty, noCache)
    .execute(command)
    .catch((error: unknown) => error);
  await faulty.dispose();
  return outcome;
}

test('a command fails within seconds when the store is unavailable', async () => {
  const nowhere = new EventStore('esdb://127.0.0.1:1?tls=false');
  const executed = new CommandExecutor(nowhere, noCache).execute(request(testSession.id, startSession));
  await expect(executed).rejects.toBeInstanceOf(StoreUnavailableError);
  await nowhere.dispose();
});

test('a repeated command reveals that an unanswered append was recorded', async () => {
  const start = request(testSession.id, startSession, { commandIds: ['start'] });
  const failed = await executeOn(async (_, append) => {
    await append();
    throw new StoreUnavailableError();
  }, start);
  expect(failed).toBeInstanceOf(StoreUnavailableError);
  expect(await run(startSession, { commandIds: ['start'] })).toMatchObject({ replayed: true, revision: 0 });
});

test('a command gives up when other writers keep changing the session first', async () => {
  await run(startSession);
  let count = 0;
  const failed = await executeOn(
    async (_, append) => {
      count += 1;
      await run(raiseFlag(`f${count % 2}`), { commands: [toggle(count)] });
      return append();
    },
    request(testSession.id, raiseFlag('mine')),
  );
  expect(failed).toMatchObject({
    code: 'store_unavailable',
    cause: expect.stringContaining('changed 50 times'),
  });
});
function toggle(count: number): SessionCommand {
  return { type: 'RaiseFlag', flag: 'theirs', value: count };
}
