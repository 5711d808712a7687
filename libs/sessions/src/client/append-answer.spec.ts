import { randomUUID } from 'node:crypto';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { createUUID } from '@eventstore/db-client/dist/utils/grpcUUID.js';
import { expect, test } from '@jest/globals';
import { readAnswer } from './append-answer.ts';

const id = randomUUID();

function success(uuid: shared.UUID, revision: number): Uint8Array {
  const result = new messages.BatchAppendResp.Success();
  result.setCurrentRevision(String(revision));
  const answer = new messages.BatchAppendResp();
  answer.setCorrelationId(uuid);
  answer.setSuccess(result);
  return answer.serializeBinary();
}

test.each([0, 1, 300, 2 ** 40, Number.MAX_SAFE_INTEGER])('a success tells revision %d', (revision) => {
  const answer = readAnswer(success(createUUID(id), revision));
  expect(answer.id).toBe(id);
  expect(answer.outcome('session-1')).toEqual({ appended: true, revision });
});

test('an id that a server writes as numbers is read', () => {
  const uuid = new shared.UUID();
  const numbers = new shared.UUID.Structured();
  const [most, least] = [0, 8].map((at) => Buffer.from(id.replaceAll('-', ''), 'hex').readBigInt64BE(at));
  numbers.setMostSignificantBits(String(most));
  numbers.setLeastSignificantBits(String(least));
  uuid.setStructured(numbers);
  expect(readAnswer(success(uuid, 7)).id).toBe(id);
});
