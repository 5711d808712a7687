import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RedisBreaker } from '#platform';
import { isOfApi } from '../access/routes.ts';

/** Adds a header to each answer of the api while requests work without Redis. */
export function announceDegradation(app: NestFastifyApplication): void {
  const breaker = app.get(RedisBreaker);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (breaker.isOpen && isOfApi(request)) void reply.header('turnstream-degraded', 'redis');
    done();
  });
}
