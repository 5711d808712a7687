/**
 * A `ws` server that only subscribes to a Redis channel for each attached session of a socket, and passes on its
 * messages: the minimal cost of live delivery. Sends its port to its parent.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const owners = new Map<string, WebSocket>();
redis.on('message', (channel, message) => owners.get(channel)?.send(message));

async function answer(socket: WebSocket, text: string): Promise<void> {
  const { type, session_id = '' } = JSON.parse(text) as { type: string; session_id?: string };
  if (type !== 'attach') return socket.send('{"type":"heartbeat"}');
  const channel = `bare:${session_id}`;
  owners.set(channel, socket);
  await redis.subscribe(channel);
  socket.send(JSON.stringify({ type: 'attached', session_id }));
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => void answer(socket, (data as Buffer).toString()));
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
