import type { IncomingMessage } from 'node:http';
import type { Caller } from '#privacy';

/**
 * Identifies the sender of a request for fair shares: the subject of its token and its instance, or, without an
 * issuer, its address and its Agent-Id.
 */
export function callerOf(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  caller?: Caller | null,
): string {
  if (caller && caller.expires_at !== null) return `${caller.subject} ${caller.instance ?? ''}`;
  const agent = headers['agent-id'];
  return `${socket.remoteAddress ?? ''} ${typeof agent === 'string' ? agent : ''}`;
}
