import { expect, test } from '@jest/globals';
import type { Caller } from '#privacy';
import { callerOf } from './caller-of.ts';

type Request = Parameters<typeof callerOf>[0];

const from = (remoteAddress: string, agent?: string): Request =>
  ({ socket: { remoteAddress }, headers: { 'agent-id': agent } }) as unknown as Request;
const anyone: Caller = {
  role: 'agent',
  subject: 'anyone',
  instance: null,
  token_id: null,
  expires_at: null,
  limits: {},
};
const known = (subject: string, instance: string): Caller => ({
  ...anyone,
  subject,
  instance,
  expires_at: Date.parse('2026-01-05T09:00:00Z'),
});

test('without a token, each address and each Agent-Id of it has a share', () => {
  const callers = [from('10.0.0.1'), from('10.0.0.2'), from('10.0.0.1', 'bot-1'), from('10.0.0.2', 'bot-1')];
  expect(new Set(callers.map((request) => callerOf(request))).size).toBe(4);
  expect(callerOf(from('10.0.0.1', 'bot-1'))).toBe(callerOf(from('10.0.0.1', 'bot-1')));
});

test('a token gives a share to its subject and instance, whatever address and Agent-Id they use', () => {
  const share = callerOf(from('10.0.0.1', 'bot-1'), known('bots', 'i-1'));
  expect(callerOf(from('10.0.0.2', 'bot-2'), known('bots', 'i-1'))).toBe(share);
  expect(callerOf(from('10.0.0.1', 'bot-1'), known('bots', 'i-2'))).not.toBe(share);
  expect(callerOf(from('10.0.0.1', 'bot-1'), known('others', 'i-1'))).not.toBe(share);
});

test('a caller without a token has the share of its address', () => {
  expect(callerOf(from('10.0.0.1'), anyone)).toBe(callerOf(from('10.0.0.1')));
});
