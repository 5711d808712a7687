import { expect, test } from '@jest/globals';
import { tamperedEvents } from '../scenarios/history/tampered-events.ts';

test('one byte changed anywhere in each of some events names these events, and no others', async () => {
  const facts = await tamperedEvents({ sessions: 20, eventsEach: 15, changed: 120 });
  expect(facts).toMatchObject({ missed: [], falselyNamed: [], before: { events: 300, faulty: 0 } });
});
