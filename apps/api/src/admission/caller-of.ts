import type { IncomingMessage } from 'node:http';
import type { Caller } from '#privacy';

/**
 * Who sends a request, as far as shares are concerned: the subject of its token and its instance; without an issuer an
 * address, and the agent that it says it is.
 */
export function callerOf(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  caller?: Caller | null,
): string {
  if (caller && caller.expires_at !== null) return `${caller.subject} ${caller.instance ?? ''}`;
  const agent = headers['agent-id'];
  return `${socket.remoteAddress ?? ''} ${typeof agent === 'string' ? agent : ''}`;
}
