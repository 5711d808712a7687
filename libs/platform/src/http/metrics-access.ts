import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { secretOf } from '../config/secrets.ts';
import { ProblemError } from '../problems/problem.ts';

/** The token with which metrics may be read from elsewhere; undefined: from this machine only. @throws ConfigError */
export function loadMetricsToken(env: NodeJS.ProcessEnv): string | undefined {
  return secretOf(env, 'METRICS_TOKEN');
}

type Scrape = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string } };

/** Why metrics are not shown: how many sessions there are, and how busy, is nobody else's business. */
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
  // What a proxy on this machine passes on comes from elsewhere.
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
