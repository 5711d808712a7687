import { expect, test } from '@jest/globals';
import { changedSections, contextOf } from './context.ts';
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
