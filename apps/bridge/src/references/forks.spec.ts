import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { canary, personalEvents } from '../../../../libs/sessions/src/testing/personal-events.ts';
import type { Mention } from './changes.ts';
import { changeOf } from './changes.ts';

const session_id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f12';
const types = Object.keys(personalEvents).filter((type) => type !== 'SessionStarted');

function mentionsIn(type: string, more: object = {}): readonly Mention[] {
  const data = personalEvents[type as keyof typeof personalEvents];
  const metadata = { occurred_at: '2026-11-24T08:00:00.000Z', ...more };
  const event = { type, data, event_id: 'e', revision: 1, metadata } as unknown as RecordedEvent;
  return changeOf({ kind: 'event', session_id, event, position: 1n })?.mentions ?? [];
}

test.each(types)('no event of a fork makes updates of other systems concern it: %s', (type) => {
  expect(mentionsIn(type, { forked_from: session_id })).toEqual([]);
});

test('the same events of a session do', () => {
  expect(types.flatMap((type) => mentionsIn(type))).toContainEqual(
    expect.objectContaining({ kind: 'order', reference: canary }),
  );
});
