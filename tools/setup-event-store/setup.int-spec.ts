import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORWARDS, START, type EventStoreDBClient } from '@eventstore/db-client';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import { HealthChecks } from '#platform';
import { explainingDenial } from '#sessions';
import { connect } from './client.ts';
import { setUpEventStore } from './setup.ts';

const admin = { username: 'admin', password: 'changeit' };
const user = { username: 'turnstream', password: 'a password' };
const denied = { type: 'access-denied' };

describe('setup-event-store', () => {
  let dir: string;
  let embedded: EmbeddedStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'turnstream-setup-'));
    embedded = await startEventStore({ dir, mode: 'secure' });
    client = connect(embedded.connectionString);
  });
  afterAll(async () => {
    await client.dispose();
    await embedded.stop();
    await rm(dir, { recursive: true });
  });

  const setUp = (changes: Partial<typeof user> = {}, isPasswordReset = false) =>
    setUpEventStore({
      url: embedded.connectionString,
      admin,
      user: { ...user, ...changes },
      isPasswordReset,
    });
  const readAll = (credentials?: typeof user) => {
    const first = { direction: FORWARDS, fromPosition: START, maxCount: 1 } as const;
    return Array.fromAsync(client.readAll({ ...first, ...(credentials && { credentials }) }));
  };
  /** The event store's error in the readiness document of a process that reads $all with these credentials. */
  const readinessError = async (credentials?: typeof user) => {
    const check = explainingDenial(() => readAll(credentials));
    const health = new HealthChecks({ checks: { event_store: check } });
    return (await health.ready()).checks['event_store']?.error;
  };

  test('creates the user and lets it read $all', async () => {
    await expect(readAll(user)).rejects.toMatchObject(denied);
    expect(await setUp()).toEqual(['The user turnstream was created.', 'turnstream may read $all now.']);
    expect(await readAll(user)).toHaveLength(1);
    expect(await readAll(admin)).toHaveLength(1);
  });

  test('changes nothing when it is repeated', async () => {
    await setUp();
    const before = await client.getStreamMetadata('$all', { credentials: admin });
    expect(await setUp({ password: 'another' })).toEqual([
      'The user turnstream exists.',
      'turnstream may read $all.',
    ]);
    expect(await client.getStreamMetadata('$all', { credentials: admin })).toEqual(before);
    expect(await readAll(user)).toHaveLength(1);
  });

  test('keeps the other metadata of $all', async () => {
    const acl = { readRoles: ['$admins', 'auditor'], metaReadRoles: ['$ops'] };
    await client.setStreamMetadata('$all', { acl, purpose: 'log' }, { credentials: admin });
    await setUp();
    const { metadata } = await client.getStreamMetadata('$all', { credentials: admin });
    expect(metadata).toEqual({
      purpose: 'log',
      acl: { readRoles: ['$admins', 'auditor', 'turnstream'], metaReadRoles: ['$ops'] },
    });
  });

  test('gives the user a new password on request', async () => {
    const changed = { username: 'changed', password: 'first' };
    await setUp(changed);
    const renewed = { ...changed, password: 'second' };
    await setUp(renewed, true);
    await expect(readAll(changed)).rejects.toMatchObject(denied);
    expect(await readAll(renewed)).toHaveLength(1);
  });

  test('is what readiness asks for when the user may not read $all', async () => {
    expect(await readinessError()).toMatch(/run npm run setup-event-store/);
    expect(await readinessError({ ...user, password: 'wrong' })).toMatch(
      /does not accept the user name or the password of EVENTSTORE_URL/,
    );
    await setUp();
    expect(await readinessError(user)).toBeUndefined();
  });
});
