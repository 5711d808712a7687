import { describe, expect, test } from '@jest/globals';
import { metadata } from '../kernel/test-decider.ts';
import type { SessionCommand } from './commands.ts';
import type { CommandContext, DecidedCommands } from './decide-all.ts';
import { decideAll } from './decide-all.ts';
import type { Session } from './session.ts';
import { newSession } from './session.ts';
import { given, sessionId, started, when } from './test-scenario.ts';

const set: SessionCommand = { type: 'SetGoal', goal: 'pay', step: null };
const complete: SessionCommand = { type: 'UpdateGoal', goal: 'pay', step: null, status: 'completed' };
const attach: SessionCommand = {
  type: 'AttachAgent',
  instance: 'bot-1',
  pool: 'support',
  node: 'n',
  after: null,
  reason: 'requested',
  replaces: null,
};

/** Metadata that contain the type of their event. */
const tellingType = (type: string): ReturnType<typeof metadata> => ({ ...metadata(9), command_id: type });

function decided(
  session: Session,
  commands: SessionCommand[],
  more: Partial<CommandContext> = {},
): DecidedCommands {
  return decideAll(session, commands, {
    metadata: () => metadata(9),
    eventId: (index) => `e${index}`,
    ...more,
  });
}

describe('several commands', () => {
  test('are decided in sequence', () => {
    expect(when(given(started), set, complete)).toMatchObject([
      { type: 'GoalSet' },
      { type: 'GoalCompleted' },
    ]);
  });

  test('are all rejected when one is, and the rejection names it', () => {
    expect(decided(given(started), [set, complete, complete])).toMatchObject({
      command: 2,
      rejection: { code: 'goal_not_set' },
    });
  });

  test('give events with consecutive ids and revisions', () => {
    expect(decided(given(started), [set, complete])).toMatchObject({
      events: [
        { event_id: 'e0', revision: 1 },
        { event_id: 'e1', revision: 2 },
      ],
      session: { revision: 2 },
    });
  });

  test('give events with the metadata of their types', () => {
    expect(decided(given(started), [set, complete], { metadata: tellingType })).toMatchObject({
      events: [{ metadata: { command_id: 'GoalSet' } }, { metadata: { command_id: 'GoalCompleted' } }],
    });
  });
});

describe('a command with an epoch', () => {
  const owned = given(started, {
    type: 'AgentAttached',
    data: { instance: 'bot-1', epoch: 1, pool: 'support', node: 'n', after: null, reason: 'requested' },
  });

  test('is accepted from the owner', () => {
    expect(decided(owned, [set], { agentEpoch: 1 })).toMatchObject({ events: [{ type: 'GoalSet' }] });
  });

  test('is rejected from any other', () => {
    expect(decided(owned, [attach], { agentEpoch: 0 })).toMatchObject({
      command: 0,
      rejection: { code: 'agent_replaced' },
    });
  });

  test('to a session that does not exist is not found', () => {
    expect(decided(newSession(sessionId), [set], { agentEpoch: 1 })).toMatchObject({
      rejection: { code: 'session_not_found' },
    });
  });
});

describe('the place of an event in its request', () => {
  test('is recorded when there are several', () => {
    expect(decided(given(started), [set, complete])).toMatchObject({
      events: [
        { metadata: { command_event: 0, command_events: 2 } },
        { metadata: { command_event: 1, command_events: 2 } },
      ],
      session: { known: { list: [{}, { revision: 1, count: 2 }] } },
    });
  });

  test('is not recorded for the only one', () => {
    const outcome = decided(given(started), [set]);
    expect('events' in outcome && outcome.events[0]?.metadata).not.toHaveProperty('command_event');
  });
});

function sessionOf(result: DecidedCommands): Session {
  return 'session' in result ? result.session : newSession('none');
}

describe('with cells', () => {
  const cell = { own: 'a', first: 'a' };
  const start: SessionCommand = {
    type: 'StartSession',
    partner_id: 'P1',
    channel: 'whatsapp',
    language: 'en',
    region: null,
    name: null,
    device: null,
    expires_in_s: 60,
    memory: null,
  };
  const leave: SessionCommand = { type: 'MoveSession', move_id: 'm', from: 'a', to: 'b' };

  test('a new session is in the cell', () => {
    const { state } = sessionOf(decided(newSession(sessionId), [start], { cell }));
    expect(state.session.home).toEqual({ cell: 'a' });
  });

  test('a session is refused in another cell', () => {
    const begun = sessionOf(decided(newSession(sessionId), [start], { cell }));
    expect(decided(begun, [set], { cell: { own: 'b', first: 'a' } })).toMatchObject({
      rejection: { code: 'session_elsewhere', data: { cell: 'a' } },
    });
  });

  test('a session that is leaving is refused in its own', () => {
    const left = sessionOf(decided(given(started), [leave], { cell }));
    expect(decided(left, [set], { cell })).toMatchObject({ rejection: { code: 'session_elsewhere' } });
  });

  test('a session that was moved before it started does not start', () => {
    const left = sessionOf(decided(newSession(sessionId), [leave], { cell }));
    expect(decided(left, [start], { cell })).toMatchObject({ rejection: { code: 'session_elsewhere' } });
  });

  test('a session that was moved before it started starts where it has arrived', () => {
    const arrive: SessionCommand = { type: 'ArriveSession', move_id: 'm', cell: 'b' };
    const there = { own: 'b', first: 'a' };
    const left = sessionOf(decided(newSession(sessionId), [leave], { cell }));
    const arrived = sessionOf(decided(left, [arrive], { cell: there }));
    expect(decided(arrived, [start], { cell: there })).toMatchObject({
      events: [{ type: 'SessionStarted' }],
    });
  });
});
