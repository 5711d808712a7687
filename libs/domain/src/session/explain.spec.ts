import { describe, expect, test } from '@jest/globals';
import { recorded } from '../kernel/test-decider.ts';
import type { SessionEvent } from './events.ts';
import type { Explained } from './explain.ts';
import { explainEvent, explanationsOf, newExplained } from './explain.ts';
import { asks, started } from './test-scenario.ts';

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

  test('names the actor and, for facts of another system, that system', () => {
    const actor = { role: 'agent', id: 'spec' };
    expect(explanationsOf(explained())).toMatchObject({
      'order_tracking.status': { actor, system: 'orders' },
      'short_term_memory.last_user_intent': { actor, system: null },
    });
  });

  test('names for each list item the event that added it, although others move it', () => {
    const more = ['more', 'yet more'].map((intent) => asks(intent));
    const folded = more.reduce(
      (now, event, index) => explainEvent(now, recorded(event, 3 + index)),
      explained(),
    );
    expect(explanationsOf(folded)).toMatchObject({
      'short_term_memory.recent_turns': { revision: 4 },
      'short_term_memory.recent_turns.0': { revision: 1 },
      'short_term_memory.recent_turns.1': { revision: 3 },
      'short_term_memory.recent_turns.2': { revision: 4 },
      'external.0': { revision: 2, system: 'orders' },
    });
  });

  test('does not contain a removed field', () => {
    const raised: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };
    const cleared: SessionEvent = { type: 'FlagCleared', data: { flag: 'vip' } };
    const after = explainEvent(explained(), recorded(raised, 3));
    expect(explanationsOf(after)).toHaveProperty(['conversation_flags.vip']);
    expect(explanationsOf(explainEvent(after, recorded(cleared, 4)))).not.toHaveProperty([
      'conversation_flags.vip',
    ]);
  });

  test('looks again only at the members that an event changed', () => {
    const before = explained();
    const raised: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };
    const { members } = explainEvent(before, recorded(raised, 3));
    const kept = Object.keys(members).filter((member) => members[member] === before.members[member]);
    expect(kept).toEqual(expect.arrayContaining(['identity', 'goal_state', 'order_tracking', 'external']));
    expect(kept).not.toContain('conversation_flags');
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
