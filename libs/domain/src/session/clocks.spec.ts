import { expect, test } from '@jest/globals';
import { recorded, timeOf } from '../kernel/test-decider.ts';
import { evolve } from './evolve.ts';
import { asks, given, started } from './test-scenario.ts';

test('a node whose clock is behind does not move the expiry of a session back', () => {
  const { state } = given(started, asks('where'));
  const { metadata, ...event } = recorded(asks('why'), 2);
  const after = evolve(state, { ...event, metadata: { ...metadata, occurred_at: timeOf(-30) } });
  expect(after.session).toMatchObject({
    last_activity_time: timeOf(1),
    expires_at: timeOf(61),
    turn_count: 2,
  });
  expect(after.recent_turns.at(-1)).toMatchObject({ timestamp: timeOf(-30) });
});
