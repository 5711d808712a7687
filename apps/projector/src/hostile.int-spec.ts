import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { listSetAside } from '#read-models';
import type { Instance } from './test-harness.ts';
import { ProjectorHarness, turn } from './test-harness.ts';

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

/** Hardly compressible. */
const text = (length: number): string =>
  Array.from({ length: length / 36 + 1 }, () => randomUUID())
    .join('')
    .slice(0, length);
const started = { channel: 'whatsapp', language: 'hi', region: null, name: null, device: null };
const spoken = { message_id: null, sender: 'user', message_text: 'hi', parsed_intent: null };
const deep: unknown = JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`);

describe('a session alone is set aside', () => {
  test.each([
    [
      'an intent of 5,000 characters',
      'TurnRecorded',
      { turn_id: randomUUID(), ...spoken, parsed_intent: text(5_000) },
    ],
    ['data in 2,000 levels', 'TurnRecorded', { turn_id: randomUUID(), ...spoken, extracted_entities: deep }],
    [
      'a partner id of 10 KB',
      'SessionStarted',
      { ...started, partner_id: text(10_000), expires_in_s: 60, preferences: {}, open_goals: [] },
    ],
  ])('with %s', async (_, type, data) => {
    const others = await harness.sessions(4);
    const id = randomUUID();
    if (type !== 'SessionStarted') await harness.append(id, 'FlagRaised', { flag: 'x', value: true });
    const revision = await harness.append(id, type, data);
    await Promise.all(others.map((other) => harness.send(other, turn(randomUUID()))));
    await harness.start();
    expect(await harness.settled(others)).toBe(4);
    expect(await harness.setAside(id)).toMatchObject({ revision });
    expect(await listSetAside(harness.pool)).toHaveLength(1);
  });
});

async function readiness({ health }: Instance): Promise<string> {
  const { status, checks } = await health.ready();
  return `${status} ${checks['partitions']?.error ?? ''}`;
}

describe('a right that PostgreSQL has withdrawn', () => {
  const role = `test_${randomUUID().replaceAll('-', '')}`;
  const grant = (sql: string): Promise<unknown> => harness.pool.query(sql.replace('$role', role));
  beforeAll(async () => {
    await grant('CREATE ROLE $role');
    await grant('GRANT $role TO CURRENT_USER');
    await grant('GRANT ALL ON ALL TABLES IN SCHEMA public TO $role');
  });
  afterAll(async () => {
    await grant('DROP OWNED BY $role');
    await grant('DROP ROLE $role');
  });

  test('sets nothing aside: the projector is not ready with the reason, and continues once it has the right', async () => {
    const ids = await harness.sessions(4);
    const instance = await harness.start({ role, stalledAfterS: 1 });
    await harness.settled(ids);
    await grant('REVOKE INSERT ON conversation_turn FROM $role');
    await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
    await waitUntil(
      async () => /^unavailable no progress: rows .*permission denied/.test(await readiness(instance)),
      {
        what: 'the projector to say so',
      },
    );
    expect(await instance.metrics.registry.metrics()).toMatch(
      /projector_stalled_seconds\{partition="\d",writer="rows",app="test"\} [1-9]/,
    );
    for (const id of ids) await harness.contextSettled(id);
    expect(await listSetAside(harness.pool)).toEqual([]);
    await grant('GRANT INSERT ON conversation_turn TO $role');
    expect(await harness.settled(ids)).toBe(4);
    await waitUntil(async () => (await readiness(instance)) === 'ok ', { what: 'the projector to be ready' });
  });

  test('is given as the reason for the rows alone while contexts wait for Redis', async () => {
    const ids = await harness.sessions(4);
    const instance = await harness.start({ role, stalledAfterS: 1 });
    await harness.settled(ids);
    await harness.redisProxy.cut();
    await grant('REVOKE INSERT ON conversation_turn FROM $role');
    await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
    let stalls: string[] = [];
    const areBoth = async (): Promise<boolean> => {
      stalls = (await readiness(instance)).split('; ');
      return ['rows of', 'contexts of'].every((writer) => stalls.some((stall) => stall.includes(writer)));
    };
    await waitUntil(areBoth, { what: 'both to make no progress' });
    await grant('GRANT INSERT ON conversation_turn TO $role');
    const denied = stalls.filter((stall) => stall.includes('permission denied'));
    expect(denied).toEqual(stalls.filter((stall) => stall.includes('rows of')));
  });

  test('is the same when it concerns the list of sessions that are set aside', async () => {
    const ids = await harness.sessions(1);
    await grant('REVOKE SELECT ON set_aside_session FROM $role');
    const instance = await harness.start({ role, stalledAfterS: 1 });
    await waitUntil(async () => /no progress: .*permission denied/.test(await readiness(instance)), {
      what: 'the projector to say so',
    });
    await grant('GRANT SELECT ON set_aside_session TO $role');
    expect(await harness.settled(ids)).toBe(1);
    await waitUntil(async () => (await readiness(instance)) === 'ok ', { what: 'the projector to be ready' });
  });
});
