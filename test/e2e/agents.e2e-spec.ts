import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AgentReplaced, connectAgent, SessionNotFound, Turnstream } from '@turnstream/sdk';
import type { Agent, AgentOptions, AgentStream, Session, Update } from '@turnstream/sdk';
import type { TestApp } from '../../apps/api/src/test-app.ts';
import { startTestApp } from '../../apps/api/src/test-app.ts';
import { Instance } from '../acceptance/agent-fleet.ts';

/** Agents as their developers write them, on two api nodes. */
const leaseMs = 1_200;
let nodes: [TestApp, TestApp];
let turnstream: Turnstream;
const agents: Agent[] = [];
jest.setTimeout(30_000);

beforeAll(async () => {
  nodes = await Promise.all([startTestApp({ leaseMs }), startTestApp({ leaseMs })]);
  turnstream = new Turnstream({ url: nodes[0].url, agentId: 'spec' });
});
/** Each test has a pool of its own, so that no other's sessions come to its agents. */
let support: string;
beforeEach(() => {
  support = `support-${randomUUID()}`;
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close({ drain: false })));
  await turnstream.close();
  await Promise.all(nodes.map((node) => node.close()));
});

async function agentOf(pool: string, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const url = nodes.map((node) => node.url);
  const agent = await connectAgent({ url, pool, drainOnSigterm: false, ...options });
  agents.push(agent);
  return agent;
}

const start = (): Promise<Session> =>
  turnstream.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp' });

function news(session: Session, status: string): Promise<unknown> {
  const source_event_id = randomUUID();
  const update = { system: 'orders', kind: 'status_changed', reference: 'O1', data: { status } };
  return session.externalUpdate({ ...update, source_event_id });
}

const statusOf = ({ event }: Update): unknown => (event.data['data'] as { status: string }).status;

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await done()); attempt += 1) {
    if (attempt > 300) throw new Error('It did not come to pass.');
    await sleep(20);
  }
}

async function historyOf(session: Session): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of session.events()) types.push(type);
  return types;
}

describe('an agent', () => {
  test('answers in its own turn when the news are there, and each update is acknowledged', async () => {
    const session = await start();
    const agent = await agentOf(support);
    const stream = await agent.attach(session.id);
    stream.onUpdate(async (update) => {
      await stream.session.recordTurn({
        sender: 'bot',
        message_text: `Your order is ${String(statusOf(update))}`,
      });
    });
    await news(session, 'delivered');
    await until(async () => (await historyOf(session)).includes('UpdateAcknowledged'));
    const { short_term_memory } = await stream.session.context();
    expect(short_term_memory.recent_turns.at(-1)?.message_text).toBe('Your order is delivered');
  });

  test('gets its updates as an iterator; one that was not dealt with comes to the next handler', async () => {
    const session = await start();
    const agent = await agentOf(support);
    const stream = await agent.attach(session.id);
    for (const status of ['packed', 'sent', 'there']) await news(session, status);
    const heard: unknown[] = [];
    for await (const update of stream.updates()) {
      if (statusOf(update) === 'sent') break;
      heard.push(statusOf(update));
    }
    stream.onUpdate((update) => void heard.push(statusOf(update)));
    await until(() => heard.length === 3);
    expect(heard).toEqual(['packed', 'sent', 'there']);
  });

  test('calls a handler that failed again, and holds the next ones back', async () => {
    const session = await start();
    const failures: unknown[] = [];
    const agent = await agentOf(support, { onError: (error) => void failures.push(error) });
    const heard: unknown[] = [];
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => {
      if (statusOf(update) === 'first' && failures.length < 2) throw new Error('not yet');
      heard.push(statusOf(update));
    });
    await news(session, 'first');
    await news(session, 'second');
    await until(() => heard.length === 2);
    expect([heard, failures.length]).toEqual([['first', 'second'], 2]);
  });

  test('is shown nothing twice when its node goes away and it goes on with another', async () => {
    const third = await startTestApp({ leaseMs });
    const session = await start();
    const heard: unknown[] = [];
    const agent = await agentOf(support, { url: [third.url, nodes[1].url] });
    const stream = await agent.attach(session.id);
    stream.onUpdate((update) => void heard.push(statusOf(update)));
    const statuses = Array.from({ length: 40 }, (_, n) => `s${n}`);
    const writing = (async () => {
      for (const status of statuses) await news(session, status);
    })();
    await until(() => heard.length > 10);
    await third.close();
    await writing;
    await until(() => heard.length >= statuses.length);
    await sleep(200);
    expect(heard).toEqual(statuses);
  });

  test('does not attach what does not exist', async () => {
    const agent = await agentOf(support);
    await expect(agent.attach(randomUUID())).rejects.toThrow(SessionNotFound);
  });
});

describe('a takeover', () => {
  test('gives the session to the other instance, and the first one is refused', async () => {
    const session = await start();
    const [first, second] = [await agentOf(support), await agentOf(support)];
    const stream = await first.attach(session.id);
    const taken = await second.attach(session.id);
    expect(await stream.ended).toBe('replaced');
    expect(taken.epoch).toBe(stream.epoch + 1);
    const late = stream.session.raiseFlag('late');
    await expect(late).rejects.toThrow(AgentReplaced);
    const holder = { instance: second.instance, epoch: taken.epoch };
    await expect(late).rejects.toMatchObject({ code: 'agent_replaced', holder });
  });

  test('by draining loses nothing: the next holder goes on with what was not dealt with', async () => {
    const pool = `pool-${randomUUID()}`;
    const session = await start();
    const first = await agentOf(pool);
    const heard: unknown[] = [];
    const stream = await first.attach(session.id);
    const stuck = Promise.withResolvers<void>();
    stream.onUpdate(() => stuck.promise);
    await news(session, 'delivered');
    const takenOver = Promise.withResolvers<AgentStream>();
    await agentOf(pool, {
      onTakeover: takenOver.resolve,
      onUpdate: (update) => void heard.push(statusOf(update)),
    });
    await first.close();
    expect(await stream.ended).toBe('replaced');
    expect((await takenOver.promise).epoch).toBe(2);
    await until(() => heard.length === 1);
    expect(heard).toEqual(['delivered']);
    stuck.resolve();
  });

  test('follows a SIGTERM: the process hands its sessions over and ends', async () => {
    const session = await start();
    const urls = nodes.map(({ url }) => url);
    const first = await new Instance(urls, support).ready();
    await first.attach(session.id);
    const takenOver = Promise.withResolvers<AgentStream>();
    await agentOf(support, { onTakeover: takenOver.resolve });
    const exit = once(first.process, 'exit');
    first.signal('SIGTERM');
    const { sessionId, epoch } = await takenOver.promise;
    expect([sessionId, epoch]).toEqual([session.id, 2]);
    expect(await exit).toEqual([0, null]);
    expect(await historyOf(session)).toEqual(['SessionStarted', 'AgentAttached', 'AgentAttached']);
  });
});
