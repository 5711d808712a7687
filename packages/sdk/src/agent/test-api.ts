import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Agent, AgentOptions } from '../index.ts';
import { connectAgent } from '../index.ts';
import { Cleanup } from '../client/test-support.ts';
import type { Frame } from './frame.ts';

/** The resources that a spec opened; close them after each test. */
export const cleanup = new Cleanup();

export const welcome = { type: 'welcome', node: 'spec', lease_ms: 5_000, heartbeat_ms: 1_000 };
export const attached = { type: 'attached', session_id: 's', epoch: 1, acknowledged: 3, reason: 'requested' };

export interface TestApi {
  readonly url: string;
  /** The frames sent by agents. */
  readonly received: readonly Frame[];
  /** The Authorization header of each connection. */
  readonly authorizations: readonly (string | undefined)[];
  /** The address of each connection. */
  readonly paths: readonly (string | undefined)[];
}

/** An API that answers each frame of an agent with the result of `answer`. */
export async function serve(
  answer: (frame: Frame, socket: WebSocket) => object | string | undefined,
): Promise<TestApi> {
  const received: Frame[] = [];
  const authorizations: (string | undefined)[] = [];
  const paths: (string | undefined)[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  cleanup.add(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (socket, { headers, url }) => {
    authorizations.push(headers.authorization);
    paths.push(url);
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as Frame;
      received.push(frame);
      const reply = answer(frame, socket);
      if (reply !== undefined) socket.send(typeof reply === 'string' ? reply : JSON.stringify(reply));
    });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, authorizations, paths };
}

/** An API that closes each connection. */
export const refuse = (code: number, reason: string): Promise<TestApi> =>
  serve((_, socket) => {
    socket.close(code, reason);
    return undefined;
  });

/** An API that accepts every agent and answers each attach with `answer`. */
export const answerAttach = (answer: object): Promise<TestApi> =>
  serve(({ type }) => (type === 'hello' ? welcome : type === 'attach' ? answer : undefined));

export async function connect(url: string, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = await connectAgent({ url, pool: 'spec', drainOnSigterm: false, ...options });
  cleanup.add(() => agent.close({ drain: false }));
  return agent;
}
