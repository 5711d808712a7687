import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { isMessageRefused, isTooLarge, topicFaultOf } from './topic-faults.ts';

const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;

function protocolError(type: string): Error {
  return new KafkaJSProtocolError({ message: type, type, code: 1, retriable: false } as never);
}

test('a client without write permission for a topic gets that fault', () => {
  expect(topicFaultOf(protocolError('TOPIC_AUTHORIZATION_FAILED'))).toBe('topic_forbidden');
});

test('a topic that the broker does not have is missing, even after retries', () => {
  const retried = new KafkaJSNumberOfRetriesExceeded(protocolError('UNKNOWN_TOPIC_OR_PARTITION'), {
    retryCount: 2,
    retryTime: 1,
  });
  expect(topicFaultOf(retried)).toBe('topic_missing');
});

test.each<[string, unknown]>([
  ['a leader that moved', protocolError('NOT_LEADER_FOR_PARTITION')],
  ['a broker that is silent', new Error('timeout')],
  ['no error', undefined],
])('%s is not a fault of the topic', (_, error) => {
  expect(topicFaultOf(error)).toBeUndefined();
});

test.each([
  ['MESSAGE_TOO_LARGE', true, true],
  ['INVALID_RECORD', false, true],
  ['NOT_LEADER_FOR_PARTITION', false, false],
])('%s: the message is too large: %s, or refused: %s', (type, tooLarge, refused) => {
  const error = protocolError(type);
  expect([isTooLarge(error), isMessageRefused(error)]).toEqual([tooLarge, refused]);
});
