import { afterEach, describe, expect, test } from '@jest/globals';
import { HealthChecks } from '../health/checks.ts';
import { Metrics } from '../metrics/metrics.ts';
import { startWorkerServer } from './worker-server.ts';
import type { WorkerServer } from './worker-server.ts';

describe('the server of a worker', () => {
  const open: WorkerServer[] = [];
  afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

  async function start(redis: () => Promise<void>, port = 0): Promise<WorkerServer> {
    const health = new HealthChecks({ checks: { redis }, cacheMs: 0 });
    const server = await startWorkerServer({
      host: '127.0.0.1',
      port,
      health,
      metrics: new Metrics('bridge'),
    });
    open.push(server);
    return server;
  }

  test('serves health and metrics', async () => {
    const { url } = await start(async () => undefined);
    const live = await fetch(`${url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok', uptime_s: expect.any(Number) }]);
    const ready = await fetch(`${url}/health/ready?verbose`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { checks: { redis: { status: 'ok' } } }]);
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
    expect(await metrics.text()).toContain('process_cpu_seconds_total{app="bridge"}');
    const head = await fetch(`${url}/health/live`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('is not ready while an engine is away', async () => {
    const { url } = await start(() => Promise.reject(new Error('connection refused')));
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: 'unavailable',
      checks: { redis: { status: 'unavailable', error: 'connection refused' } },
    });
  });

  test('answers anything else with a problem', async () => {
    const { url } = await start(async () => undefined);
    const missing = await fetch(`${url}/health`);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect(await missing.json()).toMatchObject({ status: 404, instance: '/health' });
    const posted = await fetch(`${url}/metrics`, { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('says plainly that the port is taken', async () => {
    const { url } = await start(async () => undefined);
    const port = Number(new URL(url).port);
    await expect(start(async () => undefined, port)).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is taken: end the program that listens there, or set PORT`,
    );
  });

  test('closes at once though a client keeps its connection open', async () => {
    const server = await start(async () => undefined);
    await (await fetch(`${server.url}/health/live`)).text();
    await server.close();
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow('fetch failed');
  });
});
