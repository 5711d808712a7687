import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { AllowedSites } from './allowed-sites.ts';
import { installCors } from './cors.ts';
import { installSecurityHeaders } from './security-headers.ts';

const app = fastify();
installSecurityHeaders(app);
installCors(app, new AllowedSites({ origins: ['https://console.example'] }));
app.get('/v1/answer', () => ({}));
app.get('/v1/stream', (_, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
  reply.raw.end();
});
app.get('/docs/page', () => '');

test.each(['/v1/answer', '/v1/stream', '/none'])('the answer of %s restricts browsers', async (url) => {
  const { headers } = await app.inject(url);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
  });
});

test('no cache stores answers under /v1', async () => {
  expect((await app.inject('/v1/answer')).headers['cache-control']).toBe('no-store');
});

test('the docs may run their own scripts', async () => {
  const policy = (await app.inject('/docs/page')).headers['content-security-policy'];
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("base-uri 'none'; object-src 'none'");
});

test('a listed page may read answers, including streams', async () => {
  for (const url of ['/v1/answer', '/v1/stream']) {
    const { headers } = await app.inject({ url, headers: { origin: 'https://console.example' } });
    expect(headers).toMatchObject({
      vary: 'Origin',
      'access-control-allow-origin': 'https://console.example',
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  }
});

test('a listed page may send a preflight request', async () => {
  const headers = { origin: 'https://console.example', 'access-control-request-method': 'PATCH' };
  const answer = await app.inject({ method: 'OPTIONS', url: '/v1/answer', headers });
  expect(answer.statusCode).toBe(204);
  for (const name of ['Authorization', 'Cache-Control'])
    expect(answer.headers['access-control-allow-headers']).toContain(name);
});

test.each(['https://evil.example', 'null', ''])('the page "%s" may read no answers', async (origin) => {
  const { headers } = await app.inject({ url: '/v1/answer', headers: { origin } });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});
