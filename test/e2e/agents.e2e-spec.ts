import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentReplaced, connectAgent, SessionNotFound, Turnstream } from '@turnstream/sdk';
import type { Agent, AgentOptions, AgentStream, Session, Update } from '@turnstream/sdk';
import type { TestApp } from '../../apps/api/src/test-app.ts';
import { startTestApp } from '../../apps/api/src/test-app.ts';
import { sleep, waitUntil } from '#platform';
import { Instance } from '../scenarios/agents/instance.ts';

/** The SDK's agents on two api nodes. */
const leaseMs = 3_000;
let nodes: [TestApp, TestApp];
let turnstream: Turnstream;
const agents: Agent[] = [];
const instances: Instance[] = [];
beforeAll(async () => {
  nodes = await Promise.all([startTestApp({ leaseMs }), startTestApp({ leaseMs })]);
  turnstream = new Turnstream({ url: nodes[0].url, agentId: 'spec' });
});
/** A separate pool for each test, so that its agents get no sessions of other tests. */
let support: string;
beforeEach(() => {
  support = `support-${randomUUID()}`;
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.kill()));
  await Promise.all(agents.map((agent) => agent.close({ drain: false })));
  await turnstream.close();
  await Promise.all(nodes.map((node) => node.close()));
});

async function connect(pool: string, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const url = nodes.map((node) => node.url);
  const agent = await connectAgent({ url, pool, drainOnSigterm: false, ...options });
  agents.push(agent);
  return agent;
}

const start = (): Promise<Session> =>
  turnstream.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp' });

function recordStatus(session: Session, status: string): Promise<unknown> {
  const source_event_id = randomUUID();
  const update = { system: 'orders', kind: 'status_changed', reference: 'O1', data: { status } };
  return session.externalUpdate({ ...update, source_event_id });
}

const statusOf = ({ event }: Update): string => (event.data['data'] as { status: string }).status;

async function eventTypesOf(session: Session): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of session.events()) types.push(type);
  return types;
}

/** A connection to a node that can be cut. */
async function openLine(to: string): Promise<{ url: string; cut: () => void; mend: () => void }> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = createConnection({ host: hostname, port: Number(port) });
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
    return undefined;
  }).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => (isCut = false),
  };
}

describe('an agent', () => {
  test('is acknowledged when its handler has replied to an update', async () => {
    const session = await start();
    const agent = await connect(support);
    const stream = await agent.attach(session.id);
    stream.onUpdate(async (update) => {
      const message_text = `Your order is ${statusOf(update)}`;
      await stream.session.recordTurn({ sender: 'bot', message_text });
    });
    await recordStatus(session, 'delivered');
    await waitUntil(async () => (await eventTypesOf(session)).includes('UpdateAcknowledged'));
    const { short_term_memory } = await stream.session.context();
    expect(short_term_memory.recent_turns.at(-1)?.message_text).toBe('Your order is delivered');
  });

  test('gets an update again that its iterator left unhandled', async () => {
    const session = await start();
    const agent = await connect(support);
    const stream = await agent.attach(session.id);
    for (const status of ['packed', 'sent', 'there']) await recordStatus(session, status);
    const received: string[] = [];
    for await (const update of stream.updates()) {
      if (statusOf(update) === 'sent') break;
      received.push(statusOf(update));
    }
    stream.onUpdate((update) => void received.push(statusOf(update)));
    await waitUntil(() => received.length === 3);
    expect(received).toEqual(['packed', 'sent', 'there']);
  });

  test('gets an update again whose handler failed, before the next one', async () => {
    const session = await start();
    const failures: unknown[] = [];
    const agent = await connect(support, { onError: (error) => void failures.push(error) });
    const received: string[] = [];
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => {
      if (statusOf(update) === 'first' && failures.length < 2) throw new Error('not yet');
      received.push(statusOf(update));
    });
    await recordStatus(session, 'first');
    await recordStatus(session, 'second');
    await waitUntil(() => received.length === 2);
    expect([received, failures.length]).toEqual([['first', 'second'], 2]);
  });

  test('gets every update once when its node restarts and it continues on another', async () => {
    const third = await startTestApp({ leaseMs });
    const session = await start();
    const received: string[] = [];
    const agent = await connect(support, { url: [third.url, nodes[1].url] });
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => void received.push(statusOf(update)));
    const statuses = Array.from({ length: 40 }, (_, n) => `s${n}`);
    const writing = (async () => {
      for (const status of statuses) await recordStatus(session, status);
    })();
    try {
      await waitUntil(() => received.length > 10);
    } finally {
      await third.close();
    }
    await writing;
    await waitUntil(() => received.length >= statuses.length);
    await sleep(200);
    expect(received).toEqual(statuses);
  });

  test('skips an update whose handler takes too long, which the stream records', async () => {
    const session = await start();
    const agent = await connect(support, { handlerTimeoutMs: 50, onError: () => undefined });
    const received: string[] = [];
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => {
      if (statusOf(update) === 'first') return new Promise<void>(() => undefined);
      received.push(statusOf(update));
      return undefined;
    });
    await recordStatus(session, 'first');
    await recordStatus(session, 'second');
    await waitUntil(() => received.length === 1);
    await waitUntil(async () => (await eventTypesOf(session)).includes('UpdateAcknowledged'));
    const events = await Array.fromAsync(session.events());
    const acknowledged = events.find(({ type }) => type === 'UpdateAcknowledged');
    expect(acknowledged?.data['updates']).toMatchObject([{ skipped: 'handler_timed_out' }]);
  });

  test('records why it skipped an update, even if it had no connection then', async () => {
    const session = await start();
    const line = await openLine(nodes[0].url);
    const agent = await connect(support, {
      url: line.url,
      handlerTimeoutMs: 50,
      onError: () => undefined,
      onSkipped: () => line.mend(),
    });
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => {
      if (statusOf(update) === 'second') return undefined;
      line.cut();
      return new Promise<void>(() => undefined);
    });
    await recordStatus(session, 'first');
    await recordStatus(session, 'second');
    const acknowledged = async (): Promise<object[]> =>
      (await Array.fromAsync(session.events())).flatMap(({ type, data }) =>
        type === 'UpdateAcknowledged' ? (data['updates'] as object[]) : [],
      );
    await waitUntil(async () => (await acknowledged()).length === 2);
    const [first, second] = await acknowledged();
    expect(first).toMatchObject({ skipped: 'handler_timed_out' });
    expect(second).not.toHaveProperty('skipped');
  });

  test('cannot attach a session that does not exist', async () => {
    const agent = await connect(support);
    await expect(agent.attach(randomUUID())).rejects.toThrow(SessionNotFound);
  });
});

describe('a takeover', () => {
  let session: Session;
  let before: AgentStream;
  let after: AgentStream;
  let owner: Agent;
  beforeAll(async () => {
    session = await start();
    const pool = `taken-over-${randomUUID()}`;
    const [first, second] = [await connect(pool), await connect(pool)];
    before = await first.attach(session.id);
    after = await second.attach(session.id);
    owner = second;
  });

  test('ends the stream of the previous owner', async () => {
    expect(await before.ended).toBe('replaced');
  });

  test('raises the epoch by one', () => {
    expect(after.epoch).toBe(before.epoch + 1);
  });

  test('fences the commands of the previous owner', async () => {
    const late = before.session.raiseFlag('late');
    await expect(late).rejects.toThrow(AgentReplaced);
    const holder = { instance: owner.instance, epoch: after.epoch };
    await expect(late).rejects.toMatchObject({ code: 'agent_replaced', holder });
  });
});

describe('an instance that drains', () => {
  test('leaves an update that it has not handled to the next owner', async () => {
    const session = await start();
    const first = await connect(support, { closeTimeoutMs: 50 });
    const received: string[] = [];
    const stream = await first.attach(session.id);
    const stuck = Promise.withResolvers<void>();
    stream.onUpdate(() => stuck.promise);
    await recordStatus(session, 'delivered');
    const takenOver = Promise.withResolvers<AgentStream>();
    await connect(support, {
      onTakeover: takenOver.resolve,
      onUpdate: (update) => void received.push(statusOf(update)),
    });
    await first.close();
    expect(await stream.ended).toBe('replaced');
    expect((await takenOver.promise).epoch).toBe(2);
    await waitUntil(() => received.length === 1);
    expect(received).toEqual(['delivered']);
    stuck.resolve();
  });

  test('waits for the handler that runs, whose update the next owner does not get', async () => {
    const session = await start();
    const first = await connect(support);
    const stream = await first.attach(session.id);
    const begun = Promise.withResolvers<void>();
    const stuck = Promise.withResolvers<void>();
    stream.onUpdate(() => {
      begun.resolve();
      return stuck.promise;
    });
    await recordStatus(session, 'packed');
    await begun.promise;
    const received: string[] = [];
    await connect(support, { onUpdate: (update) => void received.push(statusOf(update)) });
    const closing = first.close();
    stuck.resolve();
    await closing;
    await recordStatus(session, 'delivered');
    await waitUntil(() => received.includes('delivered'));
    expect(received).toEqual(['delivered']);
  });

  test('on SIGTERM hands its sessions over and exits', async () => {
    const session = await start();
    const urls = nodes.map(({ url }) => url);
    const first = await Instance.start(urls, support);
    instances.push(first);
    await first.attach(session.id);
    const takenOver = Promise.withResolvers<AgentStream>();
    await connect(support, { onTakeover: takenOver.resolve });
    const exit = once(first.process, 'exit');
    first.signal('SIGTERM');
    const { sessionId, epoch } = await takenOver.promise;
    expect([sessionId, epoch]).toEqual([session.id, 2]);
    expect(await exit).toEqual([0, null]);
    expect(await eventTypesOf(session)).toEqual(['SessionStarted', 'AgentAttached', 'AgentAttached']);
  });
});
