import { expect, test } from '@jest/globals';
import type { FieldClasses } from '../kernel/event.ts';
import type { FlagRaised } from './events.ts';
import { isActivity, isSessionEventType } from './events.ts';

test('an event type of a feature is one of a session', () => {
  expect(isSessionEventType('GoalSet')).toBe(true);
});

test.each(['SomethingNew', 'constructor', 'PartnerRemembered'])(
  '"%s" is not an event type of a session',
  (type) => {
    expect(isSessionEventType(type)).toBe(false);
  },
);

test('a turn is activity', () => {
  expect(isActivity('TurnRecorded')).toBe(true);
});

test('an acknowledgement is not activity', () => {
  expect(isActivity('UpdateAcknowledged')).toBe(false);
});

test('a field without a class does not compile', () => {
  // @ts-expect-error the value has no class
  const classes: FieldClasses<FlagRaised> = { FlagRaised: { flag: 'plain' } };
  expect(classes.FlagRaised).not.toHaveProperty('value');
});

test('an event type whose fields have no classes does not compile', () => {
  // @ts-expect-error the type is not there
  const classes: FieldClasses<FlagRaised> = {};
  expect(classes).toEqual({});
});
