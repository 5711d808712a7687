import { expect, test } from '@jest/globals';
import { daysBefore } from '#platform';
import type { Role } from '../access/caller.ts';
import { openCaller, reaches } from '../access/caller.ts';
import { readDaysByRole } from '../access/read-days.ts';
import { loadRetentionConfig } from './config.ts';

test('each role reads without limit by default', () => {
  expect(loadRetentionConfig({}).read).toEqual({ sessions: {}, partners: {}, access: {} });
});

test('roles have days by class; with 0 days a role has no limit', () => {
  const env = { READ_SESSIONS_DAYS: 'agent:90,analyst:180,admin:0', READ_ACCESS_DAYS: 'auditor:365' };
  expect(loadRetentionConfig(env).read).toEqual({
    sessions: { agent: 90, analyst: 180 },
    partners: {},
    access: { auditor: 365 },
  });
});

test.each([
  '90',
  'agent',
  'agent:',
  'agent:-1',
  'agent:1.5',
  'agent:36501',
  'nobody:90',
  'agent:90,agent:91',
])('the list %s is refused', (text) => {
  for (const name of ['READ_SESSIONS_DAYS', 'READ_PARTNERS_DAYS', 'READ_ACCESS_DAYS'])
    expect(() => loadRetentionConfig({ [name]: text })).toThrow(
      `${name} must be a list such as agent:90,analyst:180 of the roles agent, analyst, auditor,`,
    );
});

test('a session that is over is reached for as many days as the role reads, an active one always', () => {
  const days = readDaysByRole(loadRetentionConfig({ READ_SESSIONS_DAYS: 'service:90' }).read);
  const reached = (inactive_since: string | null, role: Role = 'service'): boolean =>
    reaches(
      { ...openCaller, role, readDays: days[role] },
      { partner_id: 'P1', region: null, channel: 'ivr', inactive_since },
    );
  expect([daysAgo(89), daysAgo(91), null].map((time) => reached(time))).toEqual([true, false, true]);
  expect(reached(daysAgo(91), 'auditor')).toBe(true);
});

function daysAgo(days: number): string {
  return daysBefore(new Date().toISOString(), days);
}
