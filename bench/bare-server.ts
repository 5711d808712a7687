/** The least that serves a context: Fastify and one GET of Redis, in a process of its own. Sends its address. */
import { fastify } from 'fastify';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const server = fastify();
server.get<{ Params: { id: string } }>('/v1/sessions/:id/context', async ({ params }, reply) =>
  reply.type('application/json; charset=utf-8').send(await redis.get(`bench:${params.id}`)),
);
process.send?.(await server.listen({ host: '127.0.0.1', port: 0 }));
process.once('disconnect', () => process.exit());
