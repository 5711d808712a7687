import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '#platform';
import { createLogger, waitUntil } from '#platform';
import type { Notifier } from '../delivery/notifier.ts';
import type { Registry } from '../registry/registry.ts';
import { Connection } from './connection.ts';
import type { Socket } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Handshake } from './handshake.ts';
import { ConnectionMaintenance } from './maintenance.ts';
import type { SessionAssignment } from './session-assignment.ts';

/** A repair of the instance's connection that the spec settles. */
type Repair = PromiseWithResolvers<void>;

let maintenance: ConnectionMaintenance;
let connection: Connection;
let repairs: Repair[];
let renewals: number;

/** The registry does not know the instance, however often it is asked. */
const registry = {
  renew: (leases: readonly unknown[]) => {
    renewals += 1;
    return Promise.resolve(leases.map(() => -1));
  },
} as Registry;

const handshake = {
  register: () => {
    const repair = Promise.withResolvers<void>();
    repairs.push(repair);
    return repair.promise;
  },
} as unknown as Handshake;

beforeEach(() => {
  const socket = { OPEN: 1, readyState: 1, close: () => undefined } as unknown as Socket;
  connection = new Connection(
    socket,
    () => Promise.resolve(false),
    () => undefined,
  );
  connection.welcome({ instance: 'bot-1', pool: 'support', capacity: 5, conn: 'conn', attempt: 1 }, false);
  [repairs, renewals] = [[], 0];
  maintenance = new ConnectionMaintenance(
    { all: () => [connection], remove: () => undefined } as unknown as Connections,
    handshake,
    {} as SessionAssignment,
    registry,
    { agentLeaseMs: 60_000 } as Config,
    { onNodeMessage: () => undefined, onReconnect: () => undefined } as unknown as Notifier,
    createLogger('api', 'silent'),
  );
  maintenance.onApplicationBootstrap();
});
afterEach(async () => {
  for (const { resolve } of repairs) resolve();
  await maintenance.beforeApplicationShutdown();
});

/** The instance sends a frame; resolves once its lease was renewed. */
async function renewed(): Promise<void> {
  const before = renewals;
  connection.markAlive();
  await waitUntil(() => renewals > before && !connection.needsRenewal, { what: 'a renewal' });
}

test('leases are renewed while a connection is repaired, which happens once at a time', async () => {
  await renewed();
  await renewed();
  expect(repairs).toHaveLength(1);
});

test('a repair that fails is begun again', async () => {
  await renewed();
  repairs[0]?.reject(new Error('spec'));
  await renewed();
  expect(repairs).toHaveLength(2);
});

test('the shutdown waits for a repair', async () => {
  await renewed();
  let isOver = false;
  const stopped = maintenance.beforeApplicationShutdown().then(() => (isOver = true));
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  repairs[0]?.resolve();
  await stopped;
});
