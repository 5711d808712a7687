import type { IncomingMessage } from 'node:http';

/** Who sends a request, as far as shares are concerned: an address, and the agent that it says it is. */
export function callerOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
  const agent = headers['agent-id'];
  return `${socket.remoteAddress ?? ''} ${typeof agent === 'string' ? agent : ''}`;
}
