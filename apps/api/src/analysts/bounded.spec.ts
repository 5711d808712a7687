import { expect, test } from '@jest/globals';
import { assertBounded, searchedPeriod } from './bounded.ts';

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

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

test('a search without a partner or a session begins 31 days ago, of those it is of all time', () => {
  const { from = '' } = searchedPeriod(agent, {});
  expect(Math.abs(Date.parse(from) - Date.parse(daysAgo(31)))).toBeLessThan(60_000);
  expect(searchedPeriod(agent, month)).toEqual({ from: month.from });
  expect(searchedPeriod(agent, { to: '2026-04-01T00:00:00Z' })).toEqual({ from: '2026-03-01T00:00:00.000Z' });
  expect(searchedPeriod(agent, { partner_id: 'P1' })).toEqual({});
  expect(searchedPeriod(agent, { session_id: 's', from: daysAgo(5_000) })).toEqual({});
});

test.each([
  ['agent', 32, 30],
  ['service', 32, 30],
  ['auditor', 367, 365],
  ['admin', 367, 365],
] as const)('a search by the role %s looks through so much: not %i days, but %i', (role, tooMany, enough) => {
  expect(() => searchedPeriod({ role }, { from: daysAgo(tooMany) })).toThrow(
    expect.objectContaining({
      members: {
        errors: [
          { field: 'from', message: expect.stringMatching(/^must be at most \d+ days before to; or name/) },
        ],
      },
    }),
  );
  expect(() => searchedPeriod({ role }, { from: daysAgo(enough) })).not.toThrow();
});
