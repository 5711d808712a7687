import { expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { contextOf, evolveSession, newSession } from '#domain';
import type { Item, StoredEvent } from '../common/history.ts';
import { Random } from '../common/random.ts';
import { drawItems } from '../workload/draw.ts';
import { statesOf } from './fold.ts';
import { shownOf, trackedIn } from './orders.ts';

const started = {
  partner_id: 'P1',
  channel: 'ivr',
  language: 'en',
  preferences: {},
  open_goals: [],
  previous_session_id: null,
  expires_in_s: 60,
};

/** The event of a drawn update or turn; undefined for other commands. */
function eventOf(item: Item): Pick<StoredEvent, 'type' | 'data'> | undefined {
  if (item.type === 'RecordTurn') {
    const { type: _type, ...data } = item;
    return {
      type: 'TurnRecorded',
      data: { parsed_intent: null, extracted_entities: {}, bot_action: null, ...data },
    };
  }
  if (item.type !== 'RecordExternalUpdate') return undefined;
  const { type: _type, occurred_at, ...data } = item;
  const occurred_at_source = occurred_at === undefined ? {} : { occurred_at_source: occurred_at };
  return { type: 'ExternalUpdateRecorded', data: { reference: null, ...data, ...occurred_at_source } };
}

/** A stream of drawn commands, recorded by nodes with different clocks. */
function streamOf(seed: string): StoredEvent[] {
  const random = new Random(seed);
  const drawn = Array.from({ length: 200 }, (_, n) => drawItems(random, `c-${n}`)).flat();
  const events = [{ type: 'SessionStarted', data: started }, ...drawn.flatMap((item) => eventOf(item) ?? [])];
  return events.map((event, revision) => {
    const occurred_at = new Date(Date.UTC(2026, 10, 28, 8, 0, revision - random.int(0, 3))).toISOString();
    return { ...event, event_id: `e${revision}`, revision, metadata: { occurred_at, actor: { id: 'a' } } };
  });
}

test.each(['1', '2', '3'])(
  'the checker and the system fold the same orders and updates (seed %s)',
  (seed) => {
    const events = streamOf(seed);
    const wanted = statesOf(events).slice(1);
    let session = newSession('s');
    const shown = events.map((event) => {
      session = evolveSession(session, event as unknown as RecordedEvent);
      return trackedIn(contextOf(session));
    });
    expect(wanted.map(({ outside }) => shownOf(outside))).toEqual(shown);
    expect(Object.keys(contextOf(session).orders)).toHaveLength(4);
  },
);
