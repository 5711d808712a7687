import { describe, expect, test } from '@jest/globals';
import type { AttachAgent } from './commands.ts';
import type { AgentAttached } from './events.ts';
import { isUpdateFor } from './decide.ts';
import type { RecordedEvent, SessionEvent } from '../session/events.ts';
import type { Session } from '../session/evolve.ts';
import { asks, given, metadata, started, timeOf, when } from '../session/test-scenario.ts';
import { decideAll } from '../session/decide-all.ts';

const attach = (instance: string, more: Partial<AttachAgent> = {}): AttachAgent => ({
  type: 'AttachAgent',
  instance,
  pool: 'support',
  node: 'node-1',
  after: null,
  reason: 'requested',
  replaces: null,
  ...more,
});

const attached = (instance: string, epoch: number, after: number | null = null): AgentAttached => ({
  type: 'AgentAttached',
  data: { instance, epoch, pool: 'support', node: 'node-1', after, reason: 'requested' },
});

const acknowledge = (instance: string, epoch: number, ...revisions: number[]) =>
  ({
    type: 'AcknowledgeUpdate',
    instance,
    epoch,
    updates: revisions.map((revision) => ({ revision, latency_ms: 5 })),
  }) as const;

/** What becomes of a command that carries an epoch. */
function fenced(session: Session, agentEpoch: number): unknown {
  const flag = { type: 'RaiseFlag', flag: 'vip', value: true } as const;
  const envelope = { metadata: () => metadata(9), eventId: () => 'event', agentEpoch };
  const outcome = decideAll(session, [flag], envelope);
  return 'rejection' in outcome ? outcome.rejection : outcome.events.map(({ type }) => type);
}

describe('an attach', () => {
  test('raises the epoch, whoever held the session', () => {
    expect(when(given(started), attach('bot-1'))).toMatchObject([{ data: { instance: 'bot-1', epoch: 1 } }]);
    expect(when(given(started, attached('bot-1', 1)), attach('bot-2'))).toMatchObject([
      { data: { epoch: 2 } },
    ]);
    expect(when(given(started, attached('bot-1', 1)), attach('bot-1'))).toMatchObject([
      { data: { epoch: 2 } },
    ]);
  });

  test('that replaces a certain epoch is refused when another holds by now', () => {
    const session = given(started, attached('bot-1', 1), attached('bot-2', 2));
    expect(when(session, attach('bot-3', { replaces: 1 }))).toBe('agent_replaced');
    expect(when(session, attach('bot-3', { replaces: 2 }))).toMatchObject([{ data: { epoch: 3 } }]);
  });

  test('is no activity and does not move the expiry', () => {
    const session = given(started, attached('bot-1', 1)).state.session;
    expect(session.last_activity_time).toBe(timeOf(0));
  });

  test('of a session that had no agent begins with what comes after it; a later one where the last acknowledged', () => {
    const first = given(started, asks('order'), attached('bot-1', 1));
    expect(first.state.agent.acknowledged).toBe(2);
    const later = given(started, asks('order'), attached('bot-1', 1), asks('refund'), attached('bot-2', 2));
    expect(later.state.agent).toMatchObject({
      instance: 'bot-2',
      epoch: 2,
      acknowledged: 2,
      since: timeOf(4),
    });
    expect(given(started, asks('order'), attached('bot-1', 1, 0)).state.agent.acknowledged).toBe(0);
  });

  test('needs an active session', () => {
    const ended: SessionEvent = { type: 'SessionEnded', data: { reason: null } };
    expect(when(given(started, ended), attach('bot-1'))).toBe('session_over');
  });
});

describe('a command with an epoch', () => {
  test('is accepted from the holder only; the refusal says who that is', () => {
    const session = given(started, attached('bot-1', 1), attached('bot-2', 2));
    expect(fenced(session, 2)).toEqual(['FlagRaised']);
    expect(fenced(session, 1)).toMatchObject({
      code: 'agent_replaced',
      data: { holder: { instance: 'bot-2', epoch: 2, pool: 'support', since: timeOf(2) } },
    });
  });

  test('is refused when nobody holds the session any more', () => {
    const detached: SessionEvent = {
      type: 'AgentDetached',
      data: { instance: 'bot-1', epoch: 1, reason: 'lease_expired', pool: 'support' },
    };
    expect(fenced(given(started, attached('bot-1', 1), detached), 1)).toMatchObject({
      data: { holder: { instance: null, epoch: 1, pool: 'support' } },
    });
  });
});

describe('a detach', () => {
  const detach = { type: 'DetachAgent', instance: 'bot-1', epoch: 1, reason: 'drained' } as const;

  test('names the pool that takes the session next, or none', () => {
    const session = given(started, attached('bot-1', 1));
    expect(when(session, { ...detach, waiting: true })).toMatchObject([{ data: { pool: 'support' } }]);
    expect(when(session, { ...detach, waiting: false })).toMatchObject([{ data: { pool: null } }]);
  });

  test('of an instance that was replaced changes nothing', () => {
    const session = given(started, attached('bot-1', 1), attached('bot-2', 2));
    expect(when(session, { ...detach, waiting: false })).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  const session = given(started, attached('bot-1', 1), asks('order'), asks('refund'));

  test('of several updates is one event; what was acknowledged before is left out', () => {
    expect(when(session, acknowledge('bot-1', 1, 2, 3))).toMatchObject([
      { data: { up_to: 3, updates: [{ revision: 2 }, { revision: 3 }] } },
    ]);
    expect(when(session, acknowledge('bot-1', 1, 2), acknowledge('bot-1', 1, 2, 3))).toMatchObject([
      { data: { up_to: 2 } },
      { data: { up_to: 3, updates: [{ revision: 3 }] } },
    ]);
    expect(when(session, acknowledge('bot-1', 1, 2), acknowledge('bot-1', 1, 2))).toHaveLength(1);
  });

  test('of an instance that was replaced is refused', () => {
    expect(when(given(started, attached('bot-1', 1), attached('bot-2', 2)), acknowledge('bot-1', 1, 2))).toBe(
      'agent_replaced',
    );
  });
});

const recorded = (event: SessionEvent, more: object = {}): RecordedEvent => ({
  ...event,
  event_id: 'event',
  revision: 5,
  metadata: { ...metadata(5), ...more },
});

describe('an update for an instance', () => {
  const holder = { instance: 'bot-1', epoch: 1 };
  test('is what another did, and nothing of agents coming and going', () => {
    expect(isUpdateFor(holder, recorded(asks('order')))).toBe(true);
    expect(isUpdateFor(holder, recorded(asks('order'), { actor: { role: 'agent', id: 'bot-1' } }))).toBe(
      false,
    );
    expect(isUpdateFor(holder, recorded(asks('order'), { agent_epoch: 1 }))).toBe(false);
    expect(isUpdateFor(holder, recorded(attached('bot-2', 2)))).toBe(false);
    expect(isUpdateFor({ instance: null, epoch: 1 }, recorded(asks('order')))).toBe(false);
  });
});
