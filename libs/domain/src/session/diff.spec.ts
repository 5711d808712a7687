import { expect, test } from '@jest/globals';
import { contextOf } from './context.ts';
import { changedFields, namesIn, parentPath, pathOf } from './diff.ts';
import type { SessionEvent } from './events.ts';
import { asks, given, started } from './test-scenario.ts';

const vip: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };
const cleared: SessionEvent = { type: 'FlagCleared', data: { flag: 'vip' } };
const goal: SessionEvent = { type: 'GoalSet', data: { goal: 'pay', step: 'one' } };

function changes(before: readonly SessionEvent[], after: readonly SessionEvent[]) {
  return changedFields(contextOf(given(...before)), contextOf(given(...before, ...after)));
}

test('contexts differ by the fields that events changed', () => {
  const found = changes([started], [goal]);
  expect(found).toEqual(
    expect.arrayContaining([
      { path: '/goal_state/current_goal', before: null, after: 'pay' },
      { path: '/goal_state/step', before: null, after: 'one' },
    ]),
  );
  expect(found.map(({ path }) => path)).not.toContain('/revision');
});

test('a new field has no value before, a removed one none after', () => {
  const path = '/conversation_flags/vip';
  expect(changes([started], [vip])).toContainEqual({ path, after: true });
  expect(changes([started, vip], [cleared])).toContainEqual({ path, before: true });
});

test('a new object is reported field by field', () => {
  const paths = changes([started], [asks('where', { order_id: 'ORD1' })]).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['/order_tracking/order_id', '/orders/ORD1/order_id']));
  expect(paths).not.toContain('/order_tracking');
});

test('a list is one field', () => {
  const paths = changes([started], [asks('where')]).map(({ path }) => path);
  expect(paths.filter((path) => path.includes('recent_turns'))).toEqual(['/short_term_memory/recent_turns']);
});

test('equal contexts have no differences', () => {
  const [one, other] = [contextOf(given(started, goal)), contextOf(given(started, goal))];
  expect(changedFields(one, other)).toEqual([]);
});

test('before the session starts there is nothing', () => {
  expect(changedFields(undefined, contextOf(given(started)))).toContainEqual({
    path: '/partner_id',
    after: 'P7689',
  });
});

test('a path is a JSON Pointer, whatever characters a name has', () => {
  const names = ['orders', 'A/1~2'];
  expect(pathOf(names)).toBe('/orders/A~11~02');
  expect(namesIn(pathOf(names))).toEqual(names);
  expect([parentPath('/a/b'), parentPath('/a')]).toEqual(['/a', undefined]);
});
