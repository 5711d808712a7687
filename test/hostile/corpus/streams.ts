import { connect } from 'node:net';
import { once } from 'node:events';
import type { Case, Target } from '../common/case.ts';
import { bytesOf } from '../common/exchange.ts';

/** Connections that request an endless or a large answer and do not read it. */
const nonReaders = (name: string, path: string, count: number, forMs: number): Case => ({
  name: `http: ${count} clients that never read ${name}`,
  expected: 'opened',
  send: async (target: Target) => {
    const port = Number(new URL(target.url).port);
    const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }));
    await Promise.all(
      sockets.map(async (socket) => {
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.pause();
        for (let n = 0; n < 8; n += 1) socket.write(bytesOf({ path }, target));
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, forMs));
    for (const socket of sockets) socket.destroy();
    return 'opened';
  },
});

/** Readers that do not read, and hundreds of open streams. */
export const streamCases: readonly Case[] = [
  nonReaders('events', '/v1/sessions/{session}/events?limit=1000', 24, 1_000),
  nonReaders('turns', '/v1/turns?limit=500', 24, 1_000),
  nonReaders('the OpenAPI document', '/openapi.json', 24, 500),
  nonReaders('a stream from the first event on', '/v1/sessions/{session}/stream?after=0', 50, 1_000),
  nonReaders('a stream', '/v1/sessions/{session}/stream', 100, 200),
];
