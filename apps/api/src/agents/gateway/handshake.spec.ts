import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Config } from '#platform';
import type { ApiNode } from '../common/api-node.ts';
import { upToDate } from '../delivery/test-updates.ts';
import type { OwnedSession, Registry } from '../registry/registry.ts';
import type { Socket } from './connection.ts';
import { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import { Handshake } from './handshake.ts';
import type { SessionAssignment } from './session-assignment.ts';

const sessions = Array.from({ length: 20 }, (_, n) => `session-${n}`);
const socket = { OPEN: 1 as const, readyState: 1 as Socket['readyState'] };
let owned: OwnedSession[];
let working: { sessionId: string; finish(): Promise<void> }[];
let connection: Connection;

const registry = { register: async () => owned, owned: async () => owned } as unknown as Registry;

/** Work on a session, until the spec finishes it. */
function work(sessionId: string): Promise<void> {
  const done = Promise.withResolvers<void>();
  const finish = async (): Promise<void> => {
    done.resolve();
    await new Promise(setImmediate);
  };
  working.push({ sessionId, finish });
  return done.promise;
}

const assignment = {
  register: (_connection: Connection, sessionId: string) => work(sessionId),
  takeOver: (_connection: Connection, { session_id }: OwnedSession) => work(session_id),
} as unknown as SessionAssignment;

const handshake = (): Handshake =>
  new Handshake({} as Connections, registry, assignment, {} as ApiNode, {} as Config);
const begun = (): string[] => working.map(({ sessionId }) => sessionId);

beforeEach(() => {
  [owned, working, socket.readyState] = [[], [], 1];
  connection = new Connection(
    socket as unknown as Socket,
    async () => false,
    () => undefined,
  );
});

const attachAll = (): void => {
  for (const sessionId of sessions) upToDate(connection, sessionId).open();
};

describe.each(['register', 'reconcile'] as const)('an instance with many sessions (%s)', (repair) => {
  beforeEach(async () => {
    if (repair === 'register') attachAll();
    else owned = sessions.map((session_id) => ({ session_id, epoch: 1 }));
    void handshake()[repair](connection);
    await new Promise(setImmediate);
  });

  test('has sixteen of them repaired at a time, the next when one is done', async () => {
    expect(begun()).toEqual(sessions.slice(0, 16));
    await working[3]?.finish();
    expect(begun()).toEqual(sessions.slice(0, 17));
  });

  test('has no more of them repaired once its connection is closed', async () => {
    socket.readyState = 3;
    await working[0]?.finish();
    expect(begun()).toEqual(sessions.slice(0, 16));
  });
});

test('sessions that the registry does not count are registered after the others were taken over', async () => {
  attachAll();
  owned = [{ session_id: 'session-new', epoch: 1 }];
  void handshake().reconcile(connection);
  await new Promise(setImmediate);
  expect(begun()).toEqual(['session-new']);
  await working[0]?.finish();
  expect(begun().slice(1)).toEqual(sessions.slice(0, 16));
});
