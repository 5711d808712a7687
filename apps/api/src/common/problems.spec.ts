import { describe, expect, test } from '@jest/globals';
import type { Rejection } from '#domain';
import {
  AppendTooLargeError,
  CommandIdReusedError,
  CommandRejectedError,
  StoreOverloadedError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from '#sessions';
import { ProblemError } from '#platform';
import { KeyStoreUnavailableError, openCaller, UnknownKeyError } from '#privacy';
import { InvalidCursorError, SessionSetAsideError } from '#read-models';
import { toApiProblem } from './problems.ts';

const problemOf = (error: unknown): ProblemError => {
  const problem = toApiProblem(error);
  if (problem instanceof ProblemError) return problem;
  throw new Error('It is handed on.');
};
const rejected = (code: Rejection['code'], reason: string): ProblemError =>
  problemOf(new CommandRejectedError({ code, reason, data: { limit: 3 } }, 1, 41));

test.each([
  ['an unavailable key store', new KeyStoreUnavailableError()],
  ['a key that does not open', new UnknownKeyError('k1')],
])('%s is a 503 that says what to do', (_, error) => {
  const { code, status, headers, message } = problemOf(error);
  expect([code, status, headers['retry-after']]).toEqual(['engine_unavailable', 503, '1']);
  expect(message).toContain('key store');
});

test('events that are too large for the event store are a 413 that says what to do', () => {
  const { code, status, message } = problemOf(new AppendTooLargeError());
  expect([code, status]).toEqual(['payload_too_large', 413]);
  expect(message).toContain('smaller requests');
});

describe('a rejection', () => {
  test('is a 409 with its code, the command and the revision', () => {
    const { code, members, headers } = rejected('too_many_flags', 'A session holds 3 flags.');
    expect(code).toBe('command_not_allowed');
    expect(members).toEqual({ reason: 'too_many_flags', command: 1, current_revision: 41, limit: 3 });
    expect(headers).toEqual({ etag: '"41"' });
  });

  test.each<[Rejection['code'], string]>([
    ['session_not_found', 'POST /v1/sessions'],
    ['goal_not_set', 'POST …/goals'],
  ])('%s says what to do: %s', (code, hint) => {
    expect(rejected(code, 'The state.').message).toMatch(/^The state\. .*\.$/);
    expect(rejected(code, 'The state.').message).toContain(hint);
  });

  test('without a hint is the text of the domain', () => {
    expect(rejected('handoff_not_possible', 'The handoff is "none".').message).toBe('The handoff is "none".');
  });

  test.each<Rejection['code']>(['session_not_found', 'inquiry_not_found'])('%s is a 404', (code) => {
    expect(rejected(code, 'None.')).toMatchObject({ code: 'not_found', members: {} });
  });

  test('of a request with too many personal values is a 413 with that reason', () => {
    const { code, members } = rejected('too_many_personal_values', 'Too many.');
    expect(code).toBe('payload_too_large');
    expect(members).toEqual({ reason: 'too_many_personal_values', command: 1, limit: 3 });
  });

  test('of a replaced agent has its own code', () => {
    expect(rejected('agent_replaced', 'Replaced.').code).toBe('agent_replaced');
  });
});

test.each([
  [new WrongExpectedRevisionError(40, 41, [], true), 'wrong_expected_revision', { etag: '"41"' }],
  [new WrongExpectedRevisionError(40, -1, [], false), 'wrong_expected_revision', {}],
  [new CommandIdReusedError('key:a', []), 'idempotency_key_reused', {}],
  [new InvalidCursorError(), 'invalid_cursor', {}],
  [new StoreUnavailableError(), 'engine_unavailable', { 'retry-after': '1' }],
  [new StoreOverloadedError(), 'overloaded', { 'retry-after': '1' }],
])('%p is the problem %s', (error, code, headers) => {
  expect(problemOf(error)).toMatchObject({ code, headers });
});

test('the events in a revision conflict are masked by the role of the reader', () => {
  const metadata = {
    schema_version: 1,
    occurred_at: '',
    actor: { role: 'agent', id: 'a' },
    $correlationId: 'c',
  } as const;
  const data = { flag: 'vip', value: 'Asha' };
  const event = { event_id: 'e', type: 'FlagRaised', revision: 41, data, metadata } as const;
  const error = new WrongExpectedRevisionError(40, 41, [event], true);
  const eventsFor = (role: 'agent' | 'analyst'): unknown => {
    const problem = toApiProblem(error, { headers: {}, caller: { ...openCaller, role } });
    return (problem as ProblemError).members['events'];
  };
  expect(eventsFor('agent')).toMatchObject([{ data }]);
  expect(eventsFor('analyst')).toMatchObject([{ data: { flag: 'vip', value: '[masked]' } }]);
});

test('a session that a read model has set aside is a 503 with the event', () => {
  const set_aside = { revision: 7, event_id: 'e', type: 'GoalSet', reason: 'malformed_event', since: 'now' };
  const error = new SessionSetAsideError('0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10', set_aside);
  const members = { revision: 7, event_id: 'e', event_type: 'GoalSet', reason: 'malformed_event' };
  expect(problemOf(error)).toMatchObject({ code: 'session_set_aside', status: 503, members });
});

test('any other error is passed on', () => {
  const error = new Error('unknown');
  expect(toApiProblem(error)).toBe(error);
});
