import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Frame } from './agent-socket.ts';
import type { Agent, AgentOptions } from './index.ts';
import { AgentReplaced, CommandNotAllowed, connectAgent, InvalidRequest, Unavailable } from './index.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const welcome = { type: 'welcome', node: 'spec', lease_ms: 5_000, heartbeat_ms: 1_000 };
const attached = { type: 'attached', session_id: 's', epoch: 1, acknowledged: 3, reason: 'requested' };

/** An api that answers an agent's frames as it is told. */
async function serve(
  answer: (frame: Frame, socket: WebSocket) => object | string | undefined,
): Promise<{ url: string; heard: Frame[] }> {
  const heard: Frame[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  ends.push(() => server.close());
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Frame;
      heard.push(frame);
      const text = answer(frame, socket);
      if (text !== undefined) socket.send(typeof text === 'string' ? text : JSON.stringify(text));
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

async function connect(url: string, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = await connectAgent({ url, pool: 'spec', drainOnSigterm: false, ...options });
  ends.unshift(() => agent.close({ drain: false }));
  return agent;
}

/** An api that takes every agent, and answers an attach like this. */
const answering = (answer?: object): ReturnType<typeof serve> =>
  serve(({ type }) => (type === 'hello' ? welcome : type === 'attach' ? answer : undefined));

describe('connecting', () => {
  test('fails when the api cannot take what the agent says of itself', async () => {
    const { url, heard } = await serve((_, socket) => {
      socket.close(4400, 'capacity must be a number');
      return undefined;
    });
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const connecting = connect(url, { capacity: 0, onError });
    await expect(connecting).rejects.toThrow(InvalidRequest);
    await expect(connecting).rejects.toThrow('capacity must be a number');
    expect([heard.length, errors.length]).toEqual([1, 0]);
  });

  test('tells all that is wrong with it, once', async () => {
    const detail = `pool must be letters; ${'capacity must be a number '.repeat(5)}`;
    const { url } = await serve((_, socket) => {
      socket.send(JSON.stringify({ type: 'error', code: 'bad_frame', detail }));
      socket.close(4400, detail.slice(0, 100));
      return undefined;
    });
    await expect(connect(url, { pool: 'a b' })).rejects.toThrow(detail);
  });

  test('fails when no api is there for long enough', async () => {
    const connecting = connect('http://127.0.0.1:9', { retryForMs: 100 });
    await expect(connecting).rejects.toThrow(Unavailable);
    await expect(connecting).rejects.toThrow('No api at http://127.0.0.1:9 has taken the agent for 100 ms.');
  });

  test('fails when another process has the instance id', async () => {
    const { url } = await serve((_, socket) => {
      socket.close(4409, 'superseded');
      return undefined;
    });
    await expect(connect(url)).rejects.toThrow(AgentReplaced);
  });

  test('is tried anew when what comes is no frame', async () => {
    const { url, heard } = await serve(() => (heard.length < 3 ? ['{', 'null'][heard.length - 1] : welcome));
    await connect(url);
    expect(heard.map(({ type }) => type)).toEqual(['hello', 'hello', 'hello']);
  });
});

describe('an attach', () => {
  test('is shared by all who ask for the session meanwhile', async () => {
    const { url, heard } = await answering(attached);
    const agent = await connect(url);
    const [first, second] = await Promise.all([agent.attach('s'), agent.attach('s')]);
    expect(first).toBe(second);
    expect(heard.filter(({ type }) => type === 'attach')).toHaveLength(1);
  });

  test('is given up when there is no answer; one that comes after all is given back', async () => {
    const { url, heard } = await serve(({ type }, socket) => {
      if (type === 'attach') setTimeout(() => socket.send(JSON.stringify(attached)), 150);
      return type === 'hello' ? welcome : undefined;
    });
    const agent = await connect(url, { timeoutMs: 50 });
    await expect(agent.attach('s')).rejects.toThrow(Unavailable);
    while (!heard.some(({ type }) => type === 'detach'))
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('fails when another instance was faster', async () => {
    const holder = { instance: 'other', epoch: 2, pool: 'spec' };
    const { url } = await answering({ ...attached, type: 'detached', reason: 'replaced', holder });
    const agent = await connect(url);
    const attaching = agent.attach('s');
    await expect(attaching).rejects.toThrow(AgentReplaced);
    await expect(attaching).rejects.toMatchObject({ holder });
  });

  test.each([
    ['internal_error', 500],
    ['not_found', 404],
    ['at_capacity', 409],
  ])('fails with the status of %s', async (code, status) => {
    const { url } = await answering({ type: 'error', code, detail: 'why', session_id: 's' });
    const agent = await connect(url);
    const error: unknown = await agent.attach('s').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, status, message: 'why' });
    expect(error instanceof CommandNotAllowed).toBe(status === 409);
  });
});
