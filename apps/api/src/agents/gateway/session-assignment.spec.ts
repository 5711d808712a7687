import { expect, test } from '@jest/globals';
import type { Session, SessionEvent } from '#domain';
import { newSession } from '#domain';
import { openCaller } from '#privacy';
import { erasureInProgress } from '#sessions';
import type { Attachment } from '../delivery/attachment.ts';
import { recorded, TestOutlet } from '../delivery/test-updates.ts';
import type { Connection } from './connection.ts';
import { SessionAssignment } from './session-assignment.ts';

const session_id = 'session';
const pool = 'support';

/** An assignment where the latest owner of the session is `owner`, in the registry and in the stream. */
function assignmentOf(owner: { instance: string; epoch: number }, whileRecording: () => void) {
  const added: Attachment[] = [];
  const dispatcher = { add: async (attachment: Attachment) => void added.push(attachment) };
  const registry = {
    attach: async (_id: string, _member: unknown, epoch: number) =>
      epoch < owner.epoch ? 'replaced' : 'owner',
  };
  const latest = async (): Promise<Session> => {
    const session = newSession(session_id);
    const agent = { ...session.state.agent, pool, ...owner };
    return { ...session, revision: 4, state: { ...session.state, agent } };
  };
  const sessions = { load: latest, latest };
  const records = { record: async () => whileRecording() };
  const services = [dispatcher, registry, {}, {}, {}, sessions, {}, {}, records];
  const assignment = new SessionAssignment(
    ...(services as unknown as ConstructorParameters<typeof SessionAssignment>),
  );
  return { assignment, added };
}

test('an instance that is replaced while its read is recorded resumes nothing, and is told the owner', async () => {
  const owner = { instance: 'bot-1', epoch: 5 };
  const { assignment, added } = assignmentOf(owner, () =>
    Object.assign(owner, { instance: 'bot-2', epoch: 6 }),
  );
  const outlet = Object.assign(new TestOutlet(), { caller: openCaller });
  await assignment.resume(outlet as unknown as Connection, { session_id, epoch: 5, after: null });
  const holder = { instance: 'bot-2', epoch: 6, pool };
  expect(outlet.frames).toEqual([{ type: 'detached', session_id, epoch: 5, reason: 'replaced', holder }]);
  expect(added).toEqual([]);
});

test.each([
  ['another instance owns', 'bot-2'],
  ['it owns itself by now', 'bot-1'],
])('a session of a partner who is being erased, which %s, is offered once', async (_, instance) => {
  const attached = { instance, epoch: 5, pool, node: 'one', after: null, reason: 'requested' };
  const events = [
    recorded(0, {
      type: 'SessionStarted',
      data: { expires_in_s: 60, open_goals: [] },
    } as unknown as SessionEvent),
    recorded(1, { type: 'AgentAttached', data: attached } as SessionEvent),
  ];
  const store = { read: () => events, codec: { decode: (event: unknown) => event } };
  const assigned = new Set([session_id]);
  const registry = {
    detach: async (id: string) => void assigned.delete(id),
    recover: async (id: string) => void assigned.add(id),
  };
  let offers = 0;
  const attach = async (): Promise<never> => {
    offers += 1;
    throw erasureInProgress(1);
  };
  const services = [{}, registry, { attach }, {}, store, {}, { name: 'one' }, {}, {}];
  const assignment = new SessionAssignment(
    ...(services as unknown as ConstructorParameters<typeof SessionAssignment>),
  );
  const outlet = Object.assign(new TestOutlet(), { caller: openCaller, attachment: () => undefined });
  await assignment.takeOver(outlet as unknown as Connection, { session_id, epoch: 4 });
  expect([offers, assigned.size]).toEqual([1, 0]);
});
