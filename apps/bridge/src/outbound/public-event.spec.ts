import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { fieldClasses } from '#domain';
import { personalEvents } from '../../../../libs/sessions/src/testing/personal-events.ts';
import { changeOf, isReferring } from '../references/changes.ts';
import { isPublished, publicEvent } from './public-event.ts';

const session_id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f12';
const metadata = { occurred_at: '2026-11-24T08:00:00.000Z', actor: { role: 'agent', id: 'a' } };

function eventOf(type: string, more: object = {}): RecordedEvent {
  const data = personalEvents[type as keyof typeof personalEvents];
  return { type, data, event_id: 'e', revision: 1, metadata: { ...metadata, ...more } } as RecordedEvent;
}

test.each(Object.keys(personalEvents))('no event of a fork is published: %s', (type) => {
  expect(publicEvent(session_id, eventOf(type, { forked_from: session_id }))).toBeUndefined();
});

test('the same events of a session are published', () => {
  const published = Object.keys(personalEvents).filter((type) => publicEvent(session_id, eventOf(type)));
  expect(published).toEqual(expect.arrayContaining(['TurnRecorded', 'GoalSet', 'SessionEnded']));
  expect(published).not.toContain('SessionForked');
});

/** The event with its personal fields sealed, except those that are opened. */
function partlyOpened(type: string, opens: (field: string) => boolean): RecordedEvent {
  const event = eventOf(type, { actor: { role: 'system', id: 's' } });
  const classes: Readonly<Record<string, string>> = fieldClasses[type as keyof typeof fieldClasses];
  const data = Object.fromEntries(
    Object.entries(event.data).map(([field, value]) => [
      field,
      classes[field] === 'plain' || opens(field) ? value : 'A256GCM.sealed',
    ]),
  );
  return { ...event, data } as unknown as RecordedEvent;
}

test.each(Object.keys(personalEvents))('what is not opened makes no difference: %s', (type) => {
  const [plain, published] = [() => true, isPublished].map((opens) =>
    publicEvent(session_id, partlyOpened(type, opens)),
  );
  expect(published).toEqual(plain);
  const [all, some] = [() => true, isReferring].map((opens) =>
    changeOf({ kind: 'event', session_id, event: partlyOpened(type, opens), position: 1n }),
  );
  expect(some).toEqual(all);
});
