import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

/** Room for some sessions. */
const cacheBytes = 10_000;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ sessionCacheMb: cacheBytes / 2 ** 20 });
});
afterAll(() => app.close());

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
}

test('an api keeps as many sessions in memory as it may, and its metrics show them', async () => {
  await Promise.all(Array.from({ length: 30 }, () => app.start()));
  expect(await metric('session_cache_sessions')).toBeGreaterThan(0);
  expect(await metric('session_cache_sessions')).toBeLessThan(30);
  expect(await metric('session_cache_bytes')).toBeGreaterThan(cacheBytes / 4);
  expect(await metric('session_cache_bytes')).toBeLessThanOrEqual(cacheBytes);
});
