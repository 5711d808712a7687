import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Turnstream } from '@turnstream/sdk';
import type { RecordedEvent } from '#domain';
import { contextOf, evolveSession, newSession } from '#domain';
import { waitUntil } from '#platform';
import { sessionStream } from '#sessions';
import { TestAgent } from '../apps/api/src/agents/testing/test-agent.ts';
import type { TestApp } from '../apps/api/src/test-app.ts';
import type { Conversation } from '../tools/import/conversation.ts';
import { play } from '../tools/import/play.ts';
import { sampleDialogues } from '../tools/import/sample.ts';
import { readDialogues } from '../tools/import/sgd.ts';
import type { SealedApps } from './sealed-apps.ts';
import { startSealedApps } from './sealed-apps.ts';

let apps: SealedApps;
let app: TestApp;
let turnstream: Turnstream;
const conversations: Conversation[] = readDialogues('replay', sampleDialogues(3, 2));

beforeAll(async () => {
  apps = await startSealedApps('replay');
  ({ app } = apps);
  turnstream = new Turnstream({ url: app.url });
  await play(turnstream, conversations, { parallel: 3 });
});
afterAll(async () => {
  await turnstream?.close();
  await apps?.close();
});

const path = (id: string, rest: string): string => `/v1/sessions/${id}/${rest}`;
const get = async (address: string): Promise<Readonly<Record<string, unknown>>> =>
  (await app.call('GET', address)).body;

async function eventsOf(id: string): Promise<(RecordedEvent & { created: string })[]> {
  const page = await get(path(id, 'events?limit=1000'));
  return page['events'] as (RecordedEvent & { created: string })[];
}

test.each(conversations.map(({ session_id }) => session_id))(
  'the context of %s at every revision and time is the fold of the events up to there',
  async (id) => {
    const all = await eventsOf(id);
    expect(all.length).toBeGreaterThan(8);
    let folded = newSession(id);
    for (const event of all) {
      folded = evolveSession(folded, event);
      const wanted = JSON.parse(JSON.stringify(contextOf(folded))) as object;
      expect(await get(path(id, `context?at_revision=${event.revision}`))).toEqual(wanted);
      const last = all.findLast(({ created }) => created <= event.created)?.revision;
      expect(await get(path(id, `context?at=${event.created}`))).toMatchObject({ revision: last });
    }
  },
);

test('a difference transforms the older context into the newer one', async () => {
  const [{ session_id: id }] = conversations as [Conversation];
  const all = await eventsOf(id);
  const [from, to] = [2, all.length - 1];
  const [older, newer] = await Promise.all(
    [from, to].map((revision) => get(path(id, `context?at_revision=${revision}`))),
  );
  const { changes } = await get(path(id, `context/diff?from=${from}&to=${to}`));
  for (const change of changes as { path: string; before?: unknown; after?: unknown }[]) {
    expect([change.path, change.before]).toEqual([change.path, valueAt(older, change.path)]);
    expect([change.path, change.after]).toEqual([change.path, valueAt(newer, change.path)]);
  }
  expect((changes as unknown[]).length).toBeGreaterThan(2);
});

/** The value at a JSON Pointer. */
function valueAt(document: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], document);
}

describe('a replay', () => {
  test('has no effects: no event, no context, no push', async () => {
    const id = await app.start();
    const agent = await new TestAgent(app.url).hello(`pool-${randomUUID()}`);
    await agent.attach(id);
    await app.call('PUT', path(id, 'flags/vip'), {});
    await agent.updateRevisions(id, 1);
    const context = `ctx:{${id}}`;
    const head = (): Promise<number> =>
      app.store.readLast(sessionStream(id)).then((event) => Number(event?.revision));
    await waitUntil(async () => Number(await apps.redis.hget(context, 'revision')) === (await head()), {
      what: 'the context',
    });
    const state = async (): Promise<unknown> => [
      await head(),
      (await apps.redis.keys(`*${id}*`)).sort(),
      await apps.redis.hgetall(context),
      agent.frames.filter(({ type }) => type === 'update'),
    ];
    const before = await state();
    for (const rest of ['context?at_revision=0', 'context?at=2999-01-01&explain=1', 'context/diff', 'events'])
      expect([rest, (await app.call('GET', path(id, rest))).status]).toEqual([rest, 200]);
    for (const accept of ['application/x-ndjson', 'text/event-stream'])
      for (const query of ['', '?direction=backwards']) {
        const response = await fetch(`${app.url}${path(id, `events${query}`)}`, { headers: { accept } });
        expect(await response.text()).toContain('FlagRaised');
      }
    expect(await state()).toEqual(before);
    agent.kill();
  });
});

test('a trace follows one message through its sessions, with what agents acknowledged', async () => {
  const correlation = `c-${randomUUID()}`;
  const ids = [await app.start(), await app.start()] as const;
  const agent = await new TestAgent(app.url).hello(`pool-${randomUUID()}`);
  await agent.attach(ids[0]);
  for (const id of ids)
    await app.call('PUT', path(id, 'flags/vip'), {}, { 'correlation-id': correlation, 'agent-id': 'crm' });
  const [revision] = await agent.updateRevisions(ids[0], 1);
  const trace = (): ReturnType<typeof get> => get(`/v1/trace/${correlation}`);
  await waitUntil(async () => JSON.stringify(await trace()).includes('"push"'), {
    what: 'the trace of the update that is not acknowledged',
  });
  agent.ack(ids[0], Number(revision));
  await waitUntil(async () => JSON.stringify(await trace()).includes('acknowledgement'), {
    what: 'the trace of both sessions with the acknowledgement',
  });
  await waitUntil(async () => (await trace())['events'] === 2, { what: 'both sessions' });
  const found = await trace();
  expect(found['session_ids']).toEqual(expect.arrayContaining([...ids]));
  expect(found['children']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        type: 'FlagRaised',
        session_id: ids[0],
        children: [expect.objectContaining({ kind: 'acknowledgement', detail: expect.any(Object) })],
      }),
      expect.objectContaining({ type: 'FlagRaised', session_id: ids[1], children: [] }),
    ]),
  );
  agent.kill();
});
