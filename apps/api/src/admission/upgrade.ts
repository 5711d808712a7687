import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller } from '#privacy';
import type { Admission } from './admission.ts';
import { callerOf } from './caller-of.ts';

const refusals = {
  overloaded: '503 Service Unavailable',
  too_many_requests: '429 Too Many Requests',
} as const;

/**
 * Counts a WebSocket connection for as long as it is open. Returns false if the gate refuses it; the upgrade was then
 * answered.
 */
export function admitUpgrade(
  { connections }: Admission,
  request: IncomingMessage,
  socket: Duplex,
  caller?: Caller,
): boolean {
  const ticket = connections.arrive({
    caller: callerOf(request, caller),
    bytes: 0,
    start: () => undefined,
    refuse: (refusal, retryAfterMs) => {
      socket.on('error', () => socket.destroy());
      const headers = `retry-after: ${Math.ceil(retryAfterMs / 1_000)}\r\ncontent-length: 0\r\nconnection: close`;
      socket.end(`HTTP/1.1 ${refusals[refusal]}\r\n${headers}\r\n\r\n`);
    },
  });
  if (ticket.state === 'gone') return false;
  socket.once('close', () => connections.leave(ticket, false));
  return true;
}
