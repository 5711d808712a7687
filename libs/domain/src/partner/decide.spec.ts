import { describe, expect, test } from '@jest/globals';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { PartnerCommand } from './commands.ts';
import { decidePartner } from './decide.ts';
import type { PartnerEvent } from './events.ts';
import { evolvePartner } from './evolve.ts';
import { inheritance } from './memory.ts';
import type { Inheritance, MemoryChanges, PartnerState } from './state.ts';
import { listedSessions, newPartner, noChanges } from './state.ts';

const { given, givenCommands } = scenariosOf<PartnerState, PartnerCommand, PartnerEvent>({
  initial: newPartner,
  decide: decidePartner,
  evolve: evolvePartner,
});

const partner_id = 'P1';
const assign = (session_id: string, more = {}): PartnerCommand => {
  const assignment = { session_id, completable: false, language: null, updates: [] };
  return { type: 'AssignSession', partner_id, ...assignment, ...more };
};
const remember = (session_id: string, changes: Partial<MemoryChanges>, over = true): PartnerCommand => {
  const update = { session_id, over, changes: { ...noChanges, ...changes } };
  return { type: 'RememberSession', partner_id, update };
};
const goal = (name: string, worked_at = timeOf(0)): MemoryChanges['open_goals'][number] => ({
  goal: name,
  step: null,
  worked_at,
});

/** 20 preferences. */
function names(prefix: string): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${prefix}${index}`, index]));
}

/** The inheritance of a session named after these commands. */
function inherits(...commands: readonly PartnerCommand[]): Inheritance {
  return inheritance(givenCommands(...commands, assign('new')).state, 'new', timeOf(0));
}

describe('a session that is about to start', () => {
  test('is listed after the one before it', () => {
    const { state } = givenCommands(assign('s1', { completable: true }), assign('s2'));
    expect(state.last_session_id).toBe('s2');
    expect(state.sessions).toMatchObject([
      { session_id: 's1', previous_session_id: null, completable: true, over: false },
      { session_id: 's2', previous_session_id: 's1', completable: false, over: false },
    ]);
  });

  test('is not listed twice', () => {
    expect(givenCommands(assign('s1')).when(assign('s1'))).toEqual([]);
  });

  test('removes the oldest from a full list', () => {
    const ids = Array.from({ length: listedSessions + 1 }, (_, index) => `s${index}`);
    const { sessions } = givenCommands(...ids.map((id) => assign(id))).state;
    expect(sessions.map(({ session_id }) => session_id)).toEqual(ids.slice(1));
  });

  test('includes the changes of the listed sessions so far', () => {
    const changes = { ...noChanges, preferences: { call_back: 'evening' } };
    const updates = [{ session_id: 's1', over: false, changes }];
    const { state } = givenCommands(assign('s1'), assign('s2', { updates }));
    expect(inheritance(state, 's2', timeOf(0)).preferences).toEqual({ call_back: 'evening' });
  });
});

describe('the inheritance of a new session', () => {
  test('is nothing for a new partner', () => {
    expect(inherits()).toEqual({
      previous_session_id: null,
      language: null,
      preferences: {},
      open_goals: [],
    });
  });

  test('is what the previous session left', () => {
    const left = { language: 'ta', preferences: { call_back: 'evening' }, open_goals: [goal('pay')] };
    expect(inherits(assign('s1'), remember('s1', left))).toEqual({
      previous_session_id: 's1',
      language: 'ta',
      preferences: { call_back: 'evening' },
      open_goals: [{ goal: 'pay', step: null }],
    });
  });

  test('has neither finished goals nor removed preferences', () => {
    const left = { preferences: { call_back: 'evening' }, open_goals: [goal('pay')] };
    const undone = { preferences: { call_back: null }, finished_goals: ['pay'] };
    const commands = [assign('s1'), remember('s1', left), assign('s2'), remember('s2', undone)];
    expect(inherits(...commands)).toMatchObject({ preferences: {}, open_goals: [] });
  });

  test('has the eight goals most recently worked on', () => {
    const names = Array.from({ length: 12 }, (_, index) => `g${index}`);
    const sessions = names.flatMap((name) => [assign(name), remember(name, { open_goals: [goal(name)] })]);
    const again = [assign('again'), remember('again', { open_goals: [goal('g5')] })];
    const { open_goals } = inherits(...sessions, ...again);
    expect(open_goals.map((item) => item.goal)).toEqual(['g4', 'g6', 'g7', 'g8', 'g9', 'g10', 'g11', 'g5']);
  });

  test.each([
    ['is not', 31, []],
    ['is', 29, [{ goal: 'pay', step: null }]],
  ])('%s a goal that no session has worked on for %i days', (_, days, open_goals) => {
    const { state } = givenCommands(
      assign('s1'),
      remember('s1', { open_goals: [goal('pay')] }),
      assign('s2'),
    );
    const now = timeOf(days * 86_400);
    expect(inheritance(state, 's2', now).open_goals).toEqual(open_goals);
  });

  test('has at most 32 preferences, the most recently changed', () => {
    const parallel = [assign('s1'), assign('s2')];
    const left = [remember('s1', { preferences: names('a') }), remember('s2', { preferences: names('b') })];
    const { preferences } = inherits(...parallel, ...left);
    expect(Object.keys(preferences)).toHaveLength(32);
    expect(preferences).toMatchObject(names('b'));
  });
});

describe('two parallel sessions', () => {
  const first = remember('s1', { language: 'hi', preferences: { call_back: 'evening' } });
  const second = remember('s2', { preferences: { vehicle: 'bike' }, open_goals: [goal('pay')] });

  test.each([
    ['first', [first, second]],
    ['last', [second, first]],
  ])('merge their changes by field when the older one ends %s', (_, ends) => {
    expect(inherits(assign('s1'), assign('s2'), ...ends)).toMatchObject({
      previous_session_id: 's2',
      language: 'hi',
      preferences: { call_back: 'evening', vehicle: 'bike' },
      open_goals: [{ goal: 'pay' }],
    });
  });

  test.each([
    ['first', ['s1', 's2']],
    ['last', ['s2', 's1']],
  ])('leave the later one’s value of the same field when the older one ends %s', (_, order) => {
    const ends = order.map((id) => remember(id, { language: id === 's1' ? 'hi' : 'ta' }));
    expect(inherits(assign('s1'), assign('s2'), ...ends)).toMatchObject({ language: 'ta' });
  });
});

describe('remembering a session', () => {
  const { state, when } = givenCommands(assign('s1'), remember('s1', { language: 'hi' }));

  test('removes it from the list when it is over', () => {
    expect(state.sessions).toEqual([]);
  });

  test('again changes nothing', () => {
    expect(when(remember('s1', { language: 'hi' }))).toEqual([]);
  });

  test('that is no longer listed changes nothing', () => {
    const later = givenCommands(assign('s1'), remember('s1', {}), assign('s2'));
    expect(later.when(remember('s1', { language: 'ta' }))).toEqual([]);
  });

  test('needs only the last event', () => {
    const [last] = givenCommands(assign('s1'), assign('s2')).when(remember('s1', { language: 'hi' }));
    if (typeof last !== 'object') throw new Error('no event');
    const before = givenCommands(assign('s1'), assign('s2'), remember('s1', { language: 'hi' }));
    expect(given(last).state).toEqual(before.state);
  });
});
