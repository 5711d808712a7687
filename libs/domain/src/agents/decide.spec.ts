import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '../kernel/event.ts';
import { recorded, scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { AcknowledgeUpdate, AgentCommand, AttachAgent, DetachAgent } from './commands.ts';
import { checkEpoch, decideAgent } from './decide.ts';
import type { AgentAttached, AgentDetached, AgentEvent } from './events.ts';
import { evolveAgent } from './evolve.ts';
import type { AgentState } from './state.ts';
import { noAgent } from './state.ts';

const { given } = scenariosOf<AgentState, AgentCommand, AgentEvent>({
  initial: noAgent,
  decide: decideAgent,
  evolve: evolveAgent,
});

const attach = (instance: string, replaces: number | null = null): AttachAgent => ({
  type: 'AttachAgent',
  instance,
  pool: 'support',
  node: 'node-1',
  after: null,
  reason: 'requested',
  replaces,
});
const attached = (instance: string, epoch: number, after: number | null = null): AgentAttached => ({
  type: 'AgentAttached',
  data: { instance, epoch, pool: 'support', node: 'node-1', after, reason: 'requested' },
});
const detach = (waiting: boolean): DetachAgent => ({
  type: 'DetachAgent',
  instance: 'bot-1',
  epoch: 1,
  reason: 'drained',
  waiting,
});
const detached = (pool: string | null, epoch = 1): AgentDetached => ({
  type: 'AgentDetached',
  data: { instance: 'bot-1', epoch, reason: 'drained', pool },
});
const updates = (...revisions: number[]): AcknowledgeUpdate['updates'] =>
  revisions.map((revision) => ({ revision, latency_ms: 5 }));
const acknowledge = (...revisions: number[]): AcknowledgeUpdate => ({
  type: 'AcknowledgeUpdate',
  instance: 'bot-1',
  epoch: 1,
  updates: updates(...revisions),
});
const acknowledged = (up_to: number, ...revisions: number[]): AgentEvent => ({
  type: 'UpdateAcknowledged',
  data: { instance: 'bot-1', epoch: 1, up_to, updates: updates(...revisions) },
});

describe('an attach', () => {
  test('of a session that never had an agent starts epoch 1', () => {
    expect(given().when(attach('bot-1'))).toEqual([attached('bot-1', 1)]);
  });

  test('of another instance raises the epoch', () => {
    expect(given(attached('bot-1', 1)).when(attach('bot-2'))).toEqual([attached('bot-2', 2)]);
  });

  test('of a session that the connection already owns changes nothing', () => {
    const session = given(attached('bot-1', 1), acknowledged(1, 1));
    expect(session.when({ ...attach('bot-1'), owned: 1 })).toEqual([]);
    expect(session.when({ ...attach('bot-1'), owned: 1, after: 1 })).toEqual([]);
  });

  test('of a session that the connection already owns raises the epoch when it rewinds', () => {
    const session = given(attached('bot-1', 1), acknowledged(1, 1));
    expect(session.when({ ...attach('bot-1'), owned: 1, after: 0 })).toEqual([attached('bot-1', 2, 0)]);
  });

  test('of a session that the connection has lost raises the epoch', () => {
    const session = given(attached('bot-1', 1), attached('bot-2', 2));
    expect(session.when({ ...attach('bot-1'), owned: 1 })).toEqual([attached('bot-1', 3)]);
  });

  test('of the same instance raises the epoch', () => {
    expect(given(attached('bot-1', 1)).when(attach('bot-1'))).toEqual([attached('bot-1', 2)]);
  });

  test('that replaces the current epoch is accepted', () => {
    const session = given(attached('bot-1', 1), attached('bot-2', 2));
    expect(session.when(attach('bot-3', 2))).toEqual([attached('bot-3', 3)]);
  });

  test('that replaces the last owner of a waiting session is accepted', () => {
    const session = given(attached('bot-1', 1), detached('support'));
    expect(session.when(attach('bot-2', 1))).toEqual([attached('bot-2', 2)]);
  });

  test('that replaces the last owner of a released session is rejected', () => {
    expect(given(attached('bot-1', 1), detached(null)).when(attach('bot-2', 1))).toBe('agent_replaced');
  });

  test('that replaces an older epoch is rejected', () => {
    expect(given(attached('bot-1', 1), attached('bot-2', 2)).when(attach('bot-3', 1))).toBe('agent_replaced');
  });
});

describe('a detach', () => {
  test('by an instance that never attached the session names the owner', () => {
    const session = given(attached('bot-1', 1));
    expect(session.when({ ...detach(true), instance: 'bot-2' })).toEqual([detached('support')]);
  });

  test('of a session without an owner changes nothing', () => {
    expect(given(attached('bot-1', 1), detached('support')).when(detach(true))).toEqual([]);
  });

  test('with waiting names the pool that takes the session next', () => {
    expect(given(attached('bot-1', 1)).when(detach(true))).toEqual([detached('support')]);
  });

  test('without waiting names no pool', () => {
    expect(given(attached('bot-1', 1)).when(detach(false))).toEqual([detached(null)]);
  });

  test('by a replaced instance changes nothing', () => {
    expect(given(attached('bot-1', 1), attached('bot-2', 2)).when(detach(false))).toEqual([]);
  });

  test('of an older epoch of the owner changes nothing', () => {
    expect(given(attached('bot-1', 1), attached('bot-1', 2)).when(detach(false))).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  test('of several updates is one event', () => {
    expect(given(attached('bot-1', 1)).when(acknowledge(3, 2))).toEqual([acknowledged(3, 3, 2)]);
  });

  test('leaves out updates acknowledged before', () => {
    const session = given(attached('bot-1', 1), acknowledged(2, 2));
    expect(session.when(acknowledge(2, 3))).toEqual([acknowledged(3, 3)]);
  });

  test('of updates acknowledged before changes nothing', () => {
    expect(given(attached('bot-1', 1), acknowledged(2, 2)).when(acknowledge(2))).toEqual([]);
  });

  test('by a replaced instance is rejected', () => {
    expect(given(attached('bot-1', 1), attached('bot-2', 2)).when(acknowledge(2))).toBe('agent_replaced');
  });
});

describe('the check of an epoch', () => {
  test('accepts the owner’s', () => {
    expect(checkEpoch(given(attached('bot-1', 1)).state, 1)).toBeUndefined();
  });

  test('rejects an older one and names the owner', () => {
    const { state } = given(attached('bot-1', 1), attached('bot-2', 2));
    expect(checkEpoch(state, 1)).toEqual({
      code: 'agent_replaced',
      reason: 'Instance bot-2 owns the session now, at epoch 2.',
      data: { holder: { instance: 'bot-2', epoch: 2, pool: 'support', since: timeOf(1) } },
    });
  });

  test('rejects the last one when nobody owns the session', () => {
    const { state } = given(attached('bot-1', 1), detached('support'));
    expect(checkEpoch(state, 1)).toMatchObject({
      reason: 'No instance owns the session now, at epoch 1.',
      data: { holder: { instance: null, epoch: 1, pool: 'support' } },
    });
  });

  test('rejects any when the session never had an agent', () => {
    expect(checkEpoch(noAgent, 1)).toMatchObject({ reason: 'No instance owns this session.' });
  });
});

describe('the ownership', () => {
  test('of the first owner begins after its attach', () => {
    const event = { ...attached('bot-1', 1) };
    expect(given(event).state).toMatchObject({ acknowledged: 0 });
  });

  test('begins after the revision that it names', () => {
    const session = given(attached('bot-1', 1), attached('bot-2', 2), attached('bot-3', 3, 1));
    expect(session.state).toMatchObject({ acknowledged: 1 });
  });

  test('begins at the attach when it names a revision beyond it', () => {
    expect(given(attached('bot-1', 1, 7)).state).toMatchObject({ acknowledged: 0 });
  });

  test('of a later owner begins after the acknowledged updates', () => {
    const { state } = given(attached('bot-1', 1), acknowledged(1, 1), attached('bot-2', 2));
    expect(state).toEqual({
      instance: 'bot-2',
      epoch: 2,
      pool: 'support',
      since: timeOf(2),
      acknowledged: 1,
    });
  });

  test('ends with a detach, and the pool waits', () => {
    const { state } = given(attached('bot-1', 1), detached('support'));
    expect(state).toMatchObject({ instance: null, epoch: 1, pool: 'support', since: timeOf(1) });
  });

  test('does not end with a detach of an older epoch', () => {
    const { state } = given(attached('bot-1', 1), attached('bot-2', 2), detached(null));
    expect(state).toMatchObject({ instance: 'bot-2' });
  });

  test('never goes back before an acknowledgement', () => {
    const { state } = given(attached('bot-1', 1), acknowledged(5, 5), acknowledged(3, 3));
    expect(state).toMatchObject({ acknowledged: 5 });
  });
});

test('an unknown command is an error', () => {
  expect(() => decideAgent({ type: 'Unknown' } as unknown as AgentCommand, noAgent)).toThrow(
    'Unknown command',
  );
});

test('an unknown event changes nothing', () => {
  const event = recorded({ type: 'Unknown', data: {} }, 0) as unknown as RecordedEvent<AgentEvent>;
  expect(evolveAgent(noAgent, event)).toBe(noAgent);
});
