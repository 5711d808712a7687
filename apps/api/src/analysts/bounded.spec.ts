import { expect, test } from '@jest/globals';
import { assertBounded } from './bounded.ts';

const from = '2026-03-01T00:00:00Z';
const month = { from, to: '2026-04-01T00:00:00Z' };
const agent = { role: 'agent' } as const;

test.each([
  ['turns', { parsed_intent: 'ask', sender: 'user' }],
  ['turns', {}],
  ['turns', { flag: 'vip', partner_id: 'P1' }],
  ['turns', { channel: 'ivr', session_id: 's' }],
  ['turns', { channel: 'ivr', ...month }],
  ['turns', { channel: 'ivr', from: new Date(Date.now() - 86_400_000).toISOString() }],
  ['sessions', { channel: 'ivr' }],
  ['sessions', { handoff: 'none', ...month }],
] as const)('agents may ask for %s by %j', (list, asked) => {
  expect(() => assertBounded(agent, list, asked)).not.toThrow();
});

test.each([
  ['turns', { channel: 'ivr' }],
  ['turns', { goal: 'g', from }],
  ['turns', { actor_id: 'a', from, to: '2026-04-02T00:00:00Z' }],
  ['turns', { flag: 'vip', to: from }],
  ['sessions', { sender: 'user' }],
  ['sessions', { inquiry_outcome: 'resolved' }],
] as const)('agents may not ask for %s by %j, analysts may', (list, asked) => {
  expect(() => assertBounded(agent, list, asked)).toThrow(
    expect.objectContaining({ code: 'validation_failed' }),
  );
  expect(() => assertBounded({ role: 'analyst' }, list, asked)).not.toThrow();
});
