import { describe, expect, test } from '@jest/globals';
import { sleep } from '../async/sleep.ts';
import { HealthChecks } from './checks.ts';

const ok = async (): Promise<void> => undefined;

describe('health', () => {
  test('is ready when every backing service answers, and shows the details', async () => {
    const health = new HealthChecks({
      checks: { redis: ok, postgres: () => sleep(5) },
      details: { projections: async () => ({ lag_events: 3 }) },
    });
    expect(await health.ready()).toEqual({
      status: 'ok',
      checks: {
        redis: { status: 'ok', latency_ms: expect.any(Number) },
        postgres: { status: 'ok', latency_ms: expect.any(Number) },
      },
      details: { projections: { lag_events: 3 } },
    });
  });

  test('is unavailable when one backing service fails, with its reason', async () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const health = new HealthChecks({
      checks: {
        redis: ok,
        kafka: () => Promise.reject(new Error('broker unavailable')),
        postgres: () => Promise.reject(refused),
        event_store: () => {
          throw new Error('not connected');
        },
      },
    });
    expect(await health.ready()).toMatchObject({
      status: 'unavailable',
      checks: {
        redis: { status: 'ok' },
        kafka: { status: 'unavailable', error: 'broker unavailable' },
        postgres: { status: 'unavailable', error: 'ECONNREFUSED' },
        event_store: { status: 'unavailable', error: 'not connected' },
      },
    });
  });

  test('is degraded when only dispensable services fail, and unavailable when another one fails too', async () => {
    const failing = { redis: async () => Promise.reject(new Error('away')) };
    const dispensable = ['redis', 'postgres'];
    const degraded = new HealthChecks({ checks: { event_store: ok, ...failing }, dispensable });
    expect(await degraded.ready()).toMatchObject({
      status: 'degraded',
      checks: { redis: { status: 'unavailable' } },
    });
    const event_store = failing.redis;
    const unavailable = new HealthChecks({ checks: { event_store, ...failing }, dispensable });
    expect(await unavailable.ready()).toMatchObject({ status: 'unavailable' });
  });

  test('a check that is still running is not started again', async () => {
    let runs = 0;
    const answer = Promise.withResolvers<void>();
    const kafka = (): Promise<void> => {
      runs += 1;
      return answer.promise;
    };
    const health = new HealthChecks({ checks: { kafka }, timeoutMs: 5, cacheMs: 0 });
    await health.ready();
    expect(await health.ready()).toMatchObject({ status: 'unavailable' });
    expect(runs).toBe(1);
    answer.resolve();
    await answer.promise;
    expect(await health.ready()).toMatchObject({ status: 'ok' });
  });

  test('a check that never answers times out', async () => {
    const health = new HealthChecks({ checks: { kafka: () => new Promise(() => undefined) }, timeoutMs: 20 });
    const { checks } = await health.ready();
    expect(checks).toMatchObject({ kafka: { status: 'unavailable', error: 'no answer within 20 ms' } });
  });

  test('a failing detail is shown and does not make the process unavailable', async () => {
    const health = new HealthChecks({
      checks: {},
      details: { projections: () => Promise.reject(new Error('no table')) },
    });
    expect(await health.ready()).toEqual({
      status: 'ok',
      checks: {},
      details: { projections: { error: 'no table' } },
    });
  });

  test('concurrent requests share one check, and its result expires soon', async () => {
    let runs = 0;
    const health = new HealthChecks({ checks: { redis: async () => void (runs += 1) }, cacheMs: 30 });
    await Promise.all(Array.from({ length: 50 }, () => health.ready()));
    expect(runs).toBe(1);
    await sleep(40);
    await health.ready();
    expect(runs).toBe(2);
  });

  test('is alive without asking any backing service', () => {
    const health = new HealthChecks({ checks: { redis: () => Promise.reject(new Error('unavailable')) } });
    expect(health.live()).toEqual({ status: 'ok', uptime_s: expect.any(Number) });
  });
});
