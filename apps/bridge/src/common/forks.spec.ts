import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { canary, personalEvents } from '../../../../libs/sessions/src/testing/personal-events.ts';
import { publicEvent } from '../outbound/public-event.ts';
import { changeOf } from '../references/changes.ts';

const session_id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f12';
const metadata = { occurred_at: '2026-11-24T08:00:00.000Z', actor: { role: 'agent', id: 'a' } };
const ofSession = Object.entries(personalEvents).map(([type, data]): [string, RecordedEvent] => [
  type,
  { type, data, event_id: 'e', revision: 1, metadata } as unknown as RecordedEvent,
]);
const ofFork = ofSession
  .filter(([type]) => type !== 'SessionStarted')
  .map(([type, event]): [string, RecordedEvent] => [
    type,
    { ...event, metadata: { ...event.metadata, forked_from: session_id } } as RecordedEvent,
  ]);
const mentions = (event: RecordedEvent): unknown =>
  changeOf({ kind: 'event', session_id, event, position: 1n })?.mentions;

describe('an event of a fork', () => {
  test.each(ofFork)('is not published: %s', (_, event) => {
    expect(publicEvent(session_id, event)).toBeUndefined();
  });

  test.each(ofFork)('makes no update of another system concern it: %s', (_, event) => {
    expect(mentions(event) ?? []).toEqual([]);
  });
});

test('the same events of a session are published, and name what concerns it', () => {
  expect(ofSession.filter(([, event]) => publicEvent(session_id, event) !== undefined)).not.toEqual([]);
  const named = ofSession.flatMap(([, event]) => mentions(event) ?? []);
  expect(named).toContainEqual(expect.objectContaining({ kind: 'order', reference: canary }));
});
