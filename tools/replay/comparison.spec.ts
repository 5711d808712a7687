import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { initialState } from '#domain';
import { Script, startSession, turn } from '../../libs/read-models/src/test-support.ts';
import { Comparison, OtherCodeError } from './comparison.ts';
import type { OtherEvolve } from './other-code.ts';
import { masked, patternOf, unmasked } from './shown.ts';
import { Summary } from './summary.ts';

const script = new Script();
script.request(startSession);
script.request(turn('0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10'));
script.request({ type: 'SetGoal', goal: 'pay', step: 'verify' });
script.request({ type: 'RaiseFlag', flag: 'vip', value: 'gold' });

/** Drops steps of goals. */
const forgetful: OtherEvolve = (state, event, ours) => {
  const next = ours(state, event);
  return { ...next, goal_state: { ...next.goal_state, step: null } };
};

/** Sets the goal one event late. */
const slow: OtherEvolve = (state, event, ours) => {
  if (event.type === 'GoalSet') return state;
  return ours(event.type === 'FlagRaised' ? script.session.state : state, event);
};

const nameless: OtherEvolve = (state, event, ours) => {
  const next = ours(state, event);
  return { ...next, identity: { ...next.identity, name: 'nobody' } };
};

function compared(other: OtherEvolve, show = unmasked, events: readonly RecordedEvent[] = script.events) {
  const comparison = new Comparison(script.sessionId, other, show);
  for (const event of events) comparison.add(event);
  return comparison.differences;
}

test('equivalent code gives the same contexts', () => {
  expect(compared((state, event, ours) => ours(state, event))).toEqual([]);
});

test('a differing field is reported at the first event where it differs', () => {
  expect(compared(forgetful)).toEqual([
    {
      field: '/goal_state/step',
      revision: 2,
      event_id: script.events[2]?.event_id,
      type: 'GoalSet',
      before: 'verify',
      after: null,
    },
  ]);
});

test('a field that differs only for a while is reported, too', () => {
  expect(compared(slow).map(({ field, revision }) => `${field} ${revision}`)).toContain(
    '/goal_state/current_goal 2',
  );
});

test('personal values are masked by default', () => {
  expect(compared(nameless)).toMatchObject([{ before: 'A "partner"', after: 'nobody' }]);
  expect(compared(nameless, masked)).toMatchObject([{ before: '[masked]', after: '[masked]' }]);
});

describe('other code that', () => {
  test.each<[string, OtherEvolve]>([
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
    ],
    ['returns nothing', () => undefined as never],
    ['returns no state', () => ({}) as never],
    [
      'changes the state in its place',
      (state, event, ours) => {
        const next = ours(state, event);
        (state.identity as { name: string | null }).name = 'x';
        return next;
      },
    ],
  ])('%s has failed', (_, other) => {
    expect(() => compared(other)).toThrow(OtherCodeError);
  });

  test('changes the state in its place does not change what the next session begins with', () => {
    const renamed = { ...initialState.identity, name: 'x' };
    const comparison = new Comparison(script.sessionId, (state) =>
      Object.assign(state, { identity: renamed }),
    );
    for (const event of script.events.slice(0, 1))
      expect(() => comparison.add(event)).toThrow(OtherCodeError);
    expect(initialState.identity.name).toBeNull();
  });
});

test.each([
  ['/orders/ORD1/status', '/orders/*/status'],
  ['/conversation_flags/vip', '/conversation_flags/*'],
  ['/conversation_flags/handoff', '/conversation_flags/handoff'],
  ['/short_term_memory/preferences/size', '/short_term_memory/preferences/*'],
  ['/something/new', '/something/new'],
])('the field %s is counted as %s', (path, pattern) => {
  expect(patternOf(path)).toBe(pattern);
});

describe('a summary', () => {
  const sessions = ['c', 'a', 'b'].map((session_id) => ({
    session_id,
    events: 4,
    differences: compared(forgetful),
  }));

  test('counts sessions, events and fields, and keeps the samples with the lowest ids', () => {
    const summary = new Summary(2);
    for (const session of sessions) summary.add(session);
    summary.add({ session_id: '0', events: 1, differences: [] });
    const report = summary.report();
    expect(report).toMatchObject({ sessions: 4, events: 13, different: 3, faults: 0, unreadable: 0 });
    expect(report.fields).toMatchObject([{ field: '/goal_state/step', sessions: 3 }]);
    expect(report.samples.map(({ session_id }) => session_id)).toEqual(['a', 'b']);
  });

  test('of parts is that of the whole', () => {
    const [whole, merged] = [new Summary(2), new Summary(2)];
    for (const session of sessions) {
      whole.add(session);
      const part = new Summary(2);
      part.add(session);
      merged.merge(part.report());
    }
    expect(merged.report()).toEqual(whole.report());
  });
});
