import { describe, expect, test } from '@jest/globals';
import { recorded } from '../kernel/test-decider.ts';
import type { Explained } from './context.ts';
import { changedSections, contextOf, explainEvent, explanationsOf, newExplained } from './context.ts';
import type { SessionEvent } from './events.ts';
import { asks, given, started } from './test-scenario.ts';

const shipped: SessionEvent = {
  type: 'ExternalUpdateRecorded',
  data: {
    system: 'orders',
    kind: 'changed',
    reference: 'ORD1',
    data: { status: 'shipped' },
    source_event_id: 'e',
  },
};
const history = [started, asks('where', { order_id: 'ORD1' }), shipped];

function explained(): Explained {
  return history.reduce(
    (now, event, revision) => explainEvent(now, recorded(event, revision)),
    newExplained('s'),
  );
}

test('the context shows the sections with the recent turns', () => {
  expect(contextOf(given(...history))).toMatchObject({
    partner_id: 'P7689',
    revision: 2,
    order_tracking: { order_id: 'ORD1', status: 'shipped' },
    short_term_memory: { last_user_intent: 'where', recent_turns: [{ parsed_intent: 'where' }] },
  });
});

test('the changed sections are those that an event touched', () => {
  const before = given(...history.slice(0, 2)).state;
  expect(changedSections(before, given(...history).state)).toEqual(
    expect.arrayContaining(['order_tracking', 'external']),
  );
  const after = { ...before, external: [] };
  expect(changedSections(before, after)).toEqual(['external']);
});

describe('an explanation', () => {
  test.each([
    ['order_tracking.status', { revision: 2, type: 'ExternalUpdateRecorded', set_by: 'orders' }],
    ['short_term_memory.last_user_intent', { revision: 1, type: 'TurnRecorded', set_by: 'spec' }],
    ['identity.name', { revision: 0, type: 'SessionStarted' }],
  ])('says who set %s', (field, expected) => {
    expect(explanationsOf(explained())[field]).toMatchObject(expected);
  });

  test('names the source of an inquiry’s answer', () => {
    const answered: SessionEvent = {
      type: 'InquiryCorrected',
      data: { inquiry_id: 'i', source: 'logistics', cause: 'late', data: null, reason: null, reply_id: null },
    };
    const opened: SessionEvent = {
      type: 'InquiryOpened',
      data: {
        inquiry_id: 'i',
        kind: 'order_status',
        subject: {},
        sources: [{ source: 'logistics', after: [], required: true }],
        deadline: '2999-01-01T00:00:00.000Z',
        requests: [],
      },
    };
    const folded = [opened, answered].reduce(
      (now, event, index) => explainEvent(now, recorded(event, 3 + index)),
      explained(),
    );
    expect(explanationsOf(folded)['inquiries.open']).toMatchObject({ revision: 4, set_by: 'logistics' });
  });

  test('does not name a field that is gone', () => {
    const raised: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };
    const cleared: SessionEvent = { type: 'FlagCleared', data: { flag: 'vip' } };
    const after = explainEvent(explained(), recorded(raised, 3));
    expect(explanationsOf(after)).toHaveProperty(['conversation_flags.vip']);
    expect(explanationsOf(explainEvent(after, recorded(cleared, 4)))).not.toHaveProperty([
      'conversation_flags.vip',
    ]);
  });

  test('keeps the event of a field when another field of the same member changes', () => {
    const raised: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };
    const other: SessionEvent = { type: 'FlagRaised', data: { flag: 'late', value: true } };
    const folded = [raised, other].reduce(
      (now, event, index) => explainEvent(now, recorded(event, 3 + index)),
      explained(),
    );
    expect(explanationsOf(folded)).toMatchObject({
      'conversation_flags.vip': { revision: 3 },
      'conversation_flags.late': { revision: 4 },
    });
  });
});
