import { expect, test } from '@jest/globals';
import { isActivity, isSessionEventType } from './events.ts';

test('an event type of a feature is one of a session', () => {
  expect(isSessionEventType('GoalSet')).toBe(true);
});

test.each(['SomethingNew', 'constructor', 'PartnerRemembered'])(
  '"%s" is no event type of a session',
  (type) => {
    expect(isSessionEventType(type)).toBe(false);
  },
);

test('a turn is activity', () => {
  expect(isActivity('TurnRecorded')).toBe(true);
});

test('an acknowledgement is no activity', () => {
  expect(isActivity('UpdateAcknowledged')).toBe(false);
});
