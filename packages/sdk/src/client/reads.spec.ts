import { expect, test } from '@jest/globals';
import { contextQuery, diffQuery, eventsQuery } from './reads.ts';

test.each([
  [{}, '?min_revision=7'],
  [{ minRevision: 0 }, ''],
  [{ atRevision: 3 }, '?at_revision=3'],
  [{ at: new Date('2026-11-24T08:00:00.000Z') }, '?at=2026-11-24T08%3A00%3A00.000Z'],
])('a context with %j', (options, query) => {
  expect(contextQuery(options, 7)).toBe(query);
});

test('a past is not refused because of this object’s writes', () => {
  expect(contextQuery({ atRevision: 0 }, 7, '1')).toBe('?at_revision=0&explain=1');
});

test('a difference between a revision and a time', () => {
  const toAt = new Date('2026-11-24T08:00:00.000Z');
  expect(diffQuery({ from: 2, toAt })).toBe('?from=2&to_at=2026-11-24T08%3A00%3A00.000Z');
});

test('the next page of events has the same filter', () => {
  const options = { fromRevision: 9, direction: 'backwards', types: ['TurnRecorded', 'GoalSet'] } as const;
  const filter = 'direction=backwards&type=TurnRecorded%2CGoalSet';
  expect(eventsQuery(options, undefined)).toBe(`?from_revision=9&${filter}`);
  expect(eventsQuery(options, '4')).toBe(`?from_revision=4&${filter}`);
});
