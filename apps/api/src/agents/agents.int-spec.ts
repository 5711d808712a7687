import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TestNode } from './testing/test-support.ts';
import { eventsOf, metricOf, newPool, recordUpdate, TestFleet } from './testing/test-support.ts';

/** Two api nodes on the same backing services, and agents that speak the protocol by hand. */
const fleet = new TestFleet({ leaseMs: 1_500 });
let one: TestNode;
let two: TestNode;
let support: string;
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
beforeEach(() => {
  support = newPool();
});
afterAll(() => fleet.close());

test('the instances of a pool are listed in pages', async () => {
  const joined = [
    await fleet.join(one, support),
    await fleet.join(two, support),
    await fleet.join(one, support),
  ];
  const listed: string[] = [];
  let next: unknown;
  do {
    const after: string = typeof next === 'string' ? `&after=${encodeURIComponent(next)}` : '';
    const { body } = await two.call('GET', `/v1/agents?pool=${support}&limit=2${after}`);
    listed.push(...(body['agents'] as { instance: string }[]).map(({ instance }) => instance));
    next = body['next'];
  } while (next !== null);
  expect(listed).toEqual(joined.map(({ instance }) => instance).sort());
  expect(await two.call('GET', '/v1/agents?after=x')).toMatchObject({ status: 400 });
});

describe('the owner of a session', () => {
  test('receives events of others from any node, in order and once', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    expect(await agent.attach(id)).toBe(1);
    const revisions = [];
    for (let n = 0; n < 6; n += 1) revisions.push(await recordUpdate(n % 2 === 0 ? one : two, id));
    expect(await agent.updateRevisions(id, 6)).toEqual(revisions);
  });

  test('does not receive its own events', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    const epoch = await agent.attach(id);
    await two.call('PUT', `/v1/sessions/${id}/flags/mine`, {}, { 'agent-id': agent.instance });
    await two.call('PUT', `/v1/sessions/${id}/flags/fenced`, {}, { 'agent-epoch': String(epoch) });
    const revision = await recordUpdate(two, id);
    const update = await agent.next((frame) => frame.type === 'update');
    expect(update).toMatchObject({ revision, event: { type: 'ExternalUpdateRecorded' } });
  });

  test('receives its own events when its hello asks for an echo', async () => {
    const id = await one.start();
    const agent = await fleet.join(two, support, { echo: true });
    await agent.attach(id);
    await two.call('PUT', `/v1/sessions/${id}/flags/mine`, {}, { 'agent-id': agent.instance });
    const update = await agent.next((frame) => frame.type === 'update');
    expect(update.event?.type).toBe('FlagRaised');
  });

  test('acknowledges each update once, in few events of the stream', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    const revisions: number[] = [];
    for (let n = 0; n < 10; n += 1) revisions.push(await recordUpdate(one, id));
    await agent.updateRevisions(id, 10);
    for (const revision of revisions) agent.ack(id, revision);
    await agent.next((frame) => frame.type === 'acknowledged' && frame['up_to'] === revisions.at(-1));
    const acks = (await eventsOf(one, id)).filter(({ type }) => type === 'UpdateAcknowledged');
    expect(acks.length).toBeLessThanOrEqual(3);
    const updates = acks.flatMap(({ data }) => data['updates'] as { revision: number; latency_ms: number }[]);
    expect(updates.map(({ revision }) => revision)).toEqual(revisions);
    expect(updates.every(({ latency_ms }) => latency_ms >= 0)).toBe(true);
  });

  test('does not receive an acknowledged update again', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    const first = await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
    agent.ack(id, first);
    await agent.next((frame) => frame.type === 'acknowledged');
    const second = await recordUpdate(two, id);
    expect(await agent.updateRevisions(id, 2)).toEqual([first, second]);
  });

  test('skips an update, which the stream records with the reason', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    const revision = await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
    agent.send({ type: 'ack', session_id: id, revision, skipped: { reason: 'handler_timed_out' } });
    await agent.next(({ type }) => type === 'acknowledged');
    const ack = (await eventsOf(one, id)).find(({ type }) => type === 'UpdateAcknowledged');
    expect(ack?.data['updates']).toMatchObject([{ revision, skipped: 'handler_timed_out' }]);
  });

  test('shows in the age of the oldest unacknowledged update until it acknowledges', async () => {
    const node = await fleet.startNode();
    const id = await node.start();
    const agent = await fleet.join(node, support);
    await agent.attach(id);
    const age = (): Promise<number> => metricOf(node, 'agent_oldest_unacknowledged_seconds');
    expect(await age()).toBe(0);
    const revision = await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
    await waitUntil(async () => (await age()) > 0);
    agent.ack(id, revision);
    await waitUntil(async () => (await age()) === 0);
  });

  test('resumes after a broken connection from its last acknowledgement, on any node', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    const epoch = await agent.attach(id);
    const first = await recordUpdate(one, id);
    const second = await recordUpdate(one, id);
    await agent.updateRevisions(id, 2);
    agent.ack(id, first);
    await agent.next((frame) => frame.type === 'acknowledged');
    agent.kill();
    const third = await recordUpdate(one, id);
    const again = await fleet.join(two, support, { resume: [{ session_id: id, epoch }] }, agent.instance);
    expect(await again.updateRevisions(id, 2)).toEqual([second, third]);
    expect(again.frames.find(({ type }) => type === 'attached')).toMatchObject({ epoch, reason: 'resumed' });
  });

  test('resumes from its last acknowledgement on a node that knows only earlier ones', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    const epoch = await agent.attach(id);
    const first = await recordUpdate(two, id);
    await agent.updateRevisions(id, 1);
    agent.ack(id, first);
    await agent.next((frame) => frame.type === 'acknowledged');
    agent.kill();
    const again = await fleet.join(two, support, { resume: [{ session_id: id, epoch }] }, agent.instance);
    const attached = await again.next(({ type }) => type === 'attached');
    expect(attached).toMatchObject({ acknowledged: first, reason: 'resumed' });
    const second = await recordUpdate(one, id);
    await again.next(({ type, revision }) => type === 'update' && revision === second);
    expect(await again.updateRevisions(id, 1)).toEqual([second]);
  });

  test('is attached again without a new event or a repeated update', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    const first = await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
    agent.send({ type: 'attach', session_id: id });
    const second = await recordUpdate(one, id);
    expect(await agent.updateRevisions(id, 2)).toEqual([first, second]);
    const answers = agent.frames.filter(({ type }) => type === 'attached');
    expect(answers.map(({ epoch }) => epoch)).toEqual([1, 1]);
    expect((await eventsOf(one, id)).filter(({ type }) => type === 'AgentAttached')).toHaveLength(1);
  });

  test('receives updates again when it is attached again after an earlier revision', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    const revision = await recordUpdate(one, id);
    await agent.updateRevisions(id, 1);
    agent.ack(id, revision);
    await agent.next(({ type }) => type === 'acknowledged');
    agent.send({ type: 'attach', session_id: id, after: 0 });
    expect(await agent.updateRevisions(id, 2)).toEqual([revision, revision]);
  });

  test('receives events after an attach at a revision beyond the stream', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id, { after: 1_000 });
    const revision = await recordUpdate(one, id);
    expect(await agent.updateRevisions(id, 1)).toEqual([revision]);
  });

  test('receives events after a resume at a revision beyond the stream', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    const epoch = await agent.attach(id);
    agent.kill();
    const resume = [{ session_id: id, epoch, after: 1_000 }];
    const again = await fleet.join(two, support, { resume }, agent.instance);
    await again.next(({ type }) => type === 'attached');
    const revision = await recordUpdate(one, id);
    expect(await again.updateRevisions(id, 1)).toEqual([revision]);
  });

  test('receives no more than 64 unacknowledged updates; the rest waits in the stream', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    for (let n = 0; n < 80; n += 1) await recordUpdate(one, id);
    const revisions = await agent.updateRevisions(id, 64);
    // A frame that is sent after all earlier ones.
    const heartbeats = agent.frames.filter(({ type }) => type === 'heartbeat').length;
    await waitUntil(() => agent.frames.filter(({ type }) => type === 'heartbeat').length > heartbeats);
    expect(agent.updates(id)).toHaveLength(64);
    agent.ack(id, Number(revisions.at(-1)));
    expect(await agent.updateRevisions(id, 80)).toHaveLength(80);
  });

  test('is detached when the session is over and everything is acknowledged', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    await agent.attach(id);
    await two.call('POST', `/v1/sessions/${id}/end`, {});
    const update = await agent.next((frame) => frame.event?.type === 'SessionEnded');
    agent.ack(id, Number(update.revision));
    const detached = await agent.next((frame) => frame.type === 'detached');
    expect(detached.reason).toBe('session_over');
  });

  test('is detached after a reconnection when the session is over and everything was acknowledged before', async () => {
    const id = await one.start();
    const agent = await fleet.join(one, support);
    const epoch = await agent.attach(id);
    agent.kill();
    await one.call('POST', `/v1/sessions/${id}/end`, {});
    const revision = (await eventsOf(one, id)).findIndex(({ type }) => type === 'SessionEnded');
    const updates = [{ revision, latency_ms: 1 }];
    // The acknowledgement is in the stream, but the connection broke before the instance was told that the session is over.
    await two.executor.execute({
      sessionId: id,
      commands: [{ type: 'AcknowledgeUpdate', instance: agent.instance, epoch, updates }],
      actor: { role: 'agent', id: agent.instance },
      commandIds: [],
      body: {},
    });
    const resume = [{ session_id: id, epoch, after: revision }];
    const again = await fleet.join(two, support, { resume }, agent.instance);
    expect(await again.next(({ type }) => type === 'detached')).toMatchObject({
      epoch,
      reason: 'session_over',
    });
    const sessions = async (): Promise<unknown> => {
      const { body } = await one.call('GET', `/v1/agents?pool=${support}`);
      return (body['agents'] as { sessions: number }[]).map((item) => item.sessions);
    };
    await waitUntil(async () => String(await sessions()) === '0', {
      what: 'the instance to have no session',
    });
  });
});
