import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EventStoreDBClient } from '@eventstore/db-client';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { expect, test } from '@jest/globals';
import type { AppendAnswer } from './append-answer.ts';
import { AppendStream } from './append-stream.ts';
import { catchFailedReactions } from './hidden.ts';

test('an append on a call that cannot be opened fails at once, and so does a later one', async () => {
  const nowhere = 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=1&discoveryInterval=1';
  const client = EventStoreDBClient.connectionString(nowhere);
  catchFailedReactions(client);
  const call = new AppendStream(client, () => undefined);
  // Far beyond the limit of a test: the failure of the call ends it.
  const append = (): Promise<unknown> => call.append('a', [], -1, 3_600_000);
  await expect(append()).rejects.toThrow('Failed to discover');
  expect(call.ended).toBe(true);
  await expect(append()).rejects.toThrow('Failed to discover');
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A client whose server answers each append at once. */
function answeringClient(onAnswer: (answer: AppendAnswer) => void): EventStoreDBClient {
  const call = Object.assign(new EventEmitter(), {
    write: (request: Uint8Array): void => {
      const id = messages.BatchAppendReq.deserializeBinary(request).getCorrelationId()?.getString() ?? '';
      const answer: AppendAnswer = { id, outcome: () => ({ appended: true, revision: 0 }) };
      onAnswer(answer);
      call.emit('data', answer);
    },
  });
  const hidden = { callArguments: () => [], GRPCStreamCreator: () => async () => call };
  return hidden as unknown as EventStoreDBClient;
}

test('nothing of an answered append stays in memory', async () => {
  const answers: WeakRef<AppendAnswer>[] = [];
  const call = new AppendStream(
    answeringClient((answer) => answers.push(new WeakRef(answer))),
    () => undefined,
  );
  for (let n = 0; n < 10; n += 1) await call.append('a', [], -1, 3_600_000);
  await setImmediate();
  collect();
  expect(answers.map((answer) => answer.deref())).toEqual(Array(10).fill(undefined));
  expect(call.ended).toBe(false);
});
