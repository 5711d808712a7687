import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AgentState, RecordedEvent, SessionCommand } from '#domain';
import { mergeChanges, patchRow, withExpiry } from './batch.ts';
import { rowChange, UnstorableEventError } from './changes.ts';
import type { SessionRow } from './rows.ts';
import { Script, startSession, turn } from '../test-support.ts';

const goals = ['pay', 'order', 'update_bank'];
const commands: fc.Arbitrary<SessionCommand> = fc.oneof(
  fc
    .constantFrom('whatsapp', 'ivr', 'mobile_app')
    .map((channel) => ({ type: 'SwitchChannel', channel }) as const),
  fc
    .constantFrom('en', 'hi')
    .map((language) => ({ type: 'ChangePreferences', preferences: { language } }) as const),
  fc.constantFrom(...goals).map((goal) => ({ type: 'SetGoal', goal, step: null }) as const),
  fc
    .tuple(fc.constantFrom(...goals), fc.constantFrom('suspended', 'completed', 'abandoned', 'in_progress'))
    .map(([goal, status]) => ({ type: 'UpdateGoal', goal, step: null, status }) as const),
  fc.constant(null).map(() => turn(randomUUID())),
  fc.constant({ type: 'RaiseFlag', flag: 'vip', value: true } as const),
  fc.constant({
    type: 'RecordExternalUpdate',
    system: 'orders',
    kind: 'moved',
    reference: 'O1',
    data: {},
    source_event_id: 'e',
  } as const),
  fc.constantFrom('bot-1', 'bot-2').map((instance) => ({
    type: 'AttachAgent' as const,
    instance,
    pool: 'support',
    node: 'node-1',
    after: null,
    reason: 'requested' as const,
    replaces: null,
  })),
  fc
    .tuple(fc.nat(3), fc.boolean())
    .map(
      ([epoch, waiting]) =>
        ({ type: 'DetachAgent', instance: 'bot-1', epoch, reason: 'drained', waiting }) as const,
    ),
  fc.constant({ type: 'EndSession', reason: null } as const),
);

function rowOf(events: readonly RecordedEvent[], sessionId: string): SessionRow | undefined {
  return mergeChanges(events.map((event) => rowChange(sessionId, event))).started[0];
}

type AgentColumns = Pick<SessionRow, 'agent_instance' | 'agent_pool' | 'agent_epoch'>;

function expectedAgent({ instance, pool, epoch }: AgentState): AgentColumns {
  return { agent_instance: instance, agent_pool: pool, agent_epoch: epoch === 0 ? null : epoch };
}

function expectedRow({ session }: Script): SessionRow {
  const { state, revision, session_id } = session;
  const { partner_id } = state.identity;
  const { start_time, last_activity_time, channel, expires_at, expires_in_s, status } = state.session;
  return {
    session_id,
    partner_id,
    start_time,
    last_activity_time,
    channel,
    current_task: state.goal_state.current_goal,
    language: state.short_term_memory.preferred_language,
    expires_at,
    expires_in_s,
    status,
    ...expectedAgent(state.agent),
    forked_from: null,
    open_inquiries: state.inquiries.open.map(({ inquiry_id }) => inquiry_id),
    revision,
  };
}

describe('the row of a session', () => {
  test('equals the fold, for any events and any batches', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 25 }), fc.array(fc.nat(12)), (list, cuts) => {
        const script = new Script();
        script.request(startSession);
        for (const command of list) script.request(command);
        expect(rowOf(script.events, script.sessionId)).toEqual(expectedRow(script));
        const [first, ...rest] = script.events;
        let row = rowOf(first ? [first] : [], script.sessionId);
        for (const size of [...cuts, rest.length]) {
          const changes = rest.splice(0, size).map((event) => rowChange(script.sessionId, event));
          const [patch] = mergeChanges(changes).patches;
          if (row && patch) row = withExpiry(patchRow(row, patch));
        }
        expect(row).toEqual(expectedRow(script));
      }),
    );
  });

  test('changes only its revision with an event of an unknown type', () => {
    const script = new Script();
    const [started] = script.request(startSession);
    if (!started) throw new Error('not started');
    const unknown = { ...started, type: 'SomethingNew', data: {}, revision: 1 } as unknown as RecordedEvent;
    const row = rowOf([started, unknown], script.sessionId);
    expect(row).toEqual({ ...expectedRow(script), revision: 1 });
  });
});

describe('the rows of turns', () => {
  test('a reply is in the row of its user turn and has its own row', () => {
    const script = new Script();
    script.request(startSession);
    const [asked, reply] = [randomUUID(), randomUUID()];
    script.request(turn(asked, { response: { turn_id: reply, message_text: 'Tomorrow.' } }));
    const { turns, replies } = mergeChanges(script.events.map((event) => rowChange(script.sessionId, event)));
    expect(turns.map((row) => [row.turn_id, row.sender, row.response_text, row.partner_id])).toEqual([
      [asked, 'user', 'Tomorrow.', 'P1'],
      [reply, 'bot', null, 'P1'],
    ]);
    expect(replies).toEqual([]);
  });

  test('a reply to a turn of an earlier batch is a separate change; the last of two wins', () => {
    const script = new Script();
    script.request(startSession);
    const asked = randomUUID();
    script.request(turn(asked));
    const bot = { sender: 'bot', in_reply_to: asked, parsed_intent: null } as const;
    const later = [
      ...script.request(turn(randomUUID(), { ...bot, message_text: 'One moment.' })),
      ...script.request(turn(randomUUID(), { ...bot, message_text: 'It is on its way.' })),
    ];
    const { replies } = mergeChanges(later.map((event) => rowChange(script.sessionId, event)));
    expect(replies).toEqual([
      {
        session_id: script.sessionId,
        turn_id: asked,
        response_text: 'It is on its way.',
        response_revision: 3,
      },
    ]);
  });

  test('an event with a malformed turn id fits in no row', () => {
    const script = new Script();
    script.request(startSession);
    const [recorded] = script.request(turn('not-a-uuid')) as [RecordedEvent];
    expect(() => rowChange(script.sessionId, recorded)).toThrow(UnstorableEventError);
  });

  test.each([[['a']], [null], ['a']])('a turn with the entities %j fits in no row', (extracted_entities) => {
    const script = new Script();
    script.request(startSession);
    const [recorded] = script.request(turn(randomUUID())) as [RecordedEvent];
    const foreign = {
      ...recorded,
      data: { ...recorded.data, extracted_entities },
    } as unknown as RecordedEvent;
    expect(() => rowChange(script.sessionId, foreign)).toThrow(UnstorableEventError);
  });

  const [started] = new Script().request(startSession) as [RecordedEvent];
  test.each([
    ['of the format', '2026-02-28T23:59:59.999Z', '2026-02-28T23:59:59.999Z'],
    ['on the last day of a month', '2026-01-31T10:00:00.000Z', '2026-01-31T10:00:00.000Z'],
    ['on a day that its month lacks', '2026-02-30T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
    ['at the end of a day', '2026-02-14T24:00:00.000Z', '2026-02-15T00:00:00.000Z'],
    ['with an offset', '2026-02-14T01:00:00.000+05:30', '2026-02-13T19:30:00.000Z'],
    ['without milliseconds', '2026-02-14T10:00:00Z', '2026-02-14T10:00:00.000Z'],
    ['with microseconds', '2026-02-14T10:00:00.123456Z', '2026-02-14T10:00:00.123Z'],
  ])('a time %s is stored in UTC to the millisecond', (_, occurred_at, stored) => {
    const event = { ...started, metadata: { ...started.metadata, occurred_at } };
    expect(rowChange(randomUUID(), event).started?.start_time).toBe(stored);
  });

  test.each<[string, string, RecordedEvent]>([
    ['malformed session id', 'not-a-uuid', started],
    [
      'malformed time',
      randomUUID(),
      { ...started, metadata: { ...started.metadata, occurred_at: 'yesterday' } },
    ],
    [
      'channel of another form',
      randomUUID(),
      { ...started, data: { ...started.data, channel: 'Pigeon!' } } as unknown as RecordedEvent,
    ],
  ])('an event with a %s fits in no row', (_, sessionId, event) => {
    expect(() => rowChange(sessionId, event)).toThrow(UnstorableEventError);
  });
});
