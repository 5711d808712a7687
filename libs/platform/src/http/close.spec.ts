import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { sleep } from '../async/sleep.ts';
import { HealthChecks } from '../health/checks.ts';
import { createHttpApp, listen } from './app.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';

@Controller()
class SlowController {
  @Get('slow')
  async get(): Promise<object> {
    await sleep(200);
    return { done: true };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

test('closing finishes pending answers and does not wait for idle connections', async () => {
  const logger = createLogger('api', 'silent');
  const health = new HealthChecks({ checks: {} });
  const app = await createHttpApp(SlowModule, { logger, metrics: new Metrics('api'), health });
  const url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
  const idle = connect(Number(url.port), url.hostname);
  await once(idle, 'connect');
  await (await fetch(`${url.origin}/health/live`)).text();
  const answer = fetch(`${url.origin}/slow`);
  await sleep(50);
  await app.close();
  expect(await (await answer).json()).toEqual({ done: true });
  await expect(fetch(`${url.origin}/slow`)).rejects.toThrow('fetch failed');
  idle.destroy();
});
