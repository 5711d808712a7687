import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { DevelopmentIssuer } from '#privacy';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let headers: Record<string, string>;
let nodes: readonly [TestApp, TestApp];

beforeAll(async () => {
  const issuer = await DevelopmentIssuer.in(dir);
  const token = await issuer.token({ role: 'service', sub: `bot-${randomUUID()}` });
  headers = { authorization: `Bearer ${token}` };
  const options = { issuer, rateLimit: 10 };
  nodes = [await startTestApp(options), await startTestApp(options)];
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(dir, { recursive: true });
});

const ask = (node: TestApp): Promise<Answer> => node.call('GET', '/v1/agents', undefined, headers);

test('more requests than the rate are refused on all nodes, with what is left in each answer', async () => {
  const [one, other] = nodes;
  const first = await ask(one);
  expect(first.headers.get('ratelimit-policy')).toBe('"subject";q=10;w=3600');
  expect(first.headers.get('ratelimit')).toMatch(/^"subject";r=9;t=\d+$/);
  for (let count = 1; count < 10; count += 1) await ask(one);
  expect(await ask(one)).toMatchObject({
    status: 429,
    body: { type: expect.stringContaining('rate_limited') },
  });
  const asked: Answer[] = [];
  const isRefused = async (): Promise<boolean> => asked[asked.push(await ask(other)) - 1]?.status === 429;
  await waitUntil(isRefused, { what: 'the count of the other node', everyMs: 1_000 });
  expect(asked.length).toBeLessThan(10);
  expect(Number(asked.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
});
