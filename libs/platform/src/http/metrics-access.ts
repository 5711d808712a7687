import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { secretOf } from '../config/secrets.ts';
import { ProblemError } from '../problems/problem.ts';

/** The token that allows other machines to read metrics; undefined: only this machine may. @throws ConfigError */
export function loadMetricsToken(env: NodeJS.ProcessEnv): string | undefined {
  return secretOf(env, 'METRICS_TOKEN');
}

type Scrape = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string } };

/** Why metrics are refused: the number of sessions and the load are confidential. */
export function metricsRefusal(
  { socket, headers }: Scrape,
  token: string | undefined,
): ProblemError | undefined {
  if (token !== undefined) {
    const isRight = timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
    if (isRight) return undefined;
    const challenge = { 'www-authenticate': 'Bearer realm="metrics"' };
    return new ProblemError('unauthenticated', 'Metrics need their token.', {}, { headers: challenge });
  }
  // A request forwarded by a proxy on this machine comes from elsewhere.
  const isPassedOn = 'x-forwarded-for' in headers || 'forwarded' in headers;
  if (!isPassedOn && isLoopback(socket.remoteAddress ?? '')) return undefined;
  return new ProblemError(
    'forbidden',
    'Metrics are shown to this machine only, unless METRICS_TOKEN is set.',
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
