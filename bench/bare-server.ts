/**
 * The minimal server for contexts and turns, in its own process: Fastify and one HMGET of Redis. Sends its address to
 * its parent.
 */
import { fastify } from 'fastify';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const fields = (process.env['BENCH_FIELDS'] ?? '').split(',');
const server = fastify();
const json = 'application/json; charset=utf-8';
server.get<{ Params: { id: string } }>('/v1/sessions/:id/context', async ({ params }, reply) => {
  const texts = await redis.hmget(`bench:${params.id}`, ...fields);
  return reply.type(json).send(`{${texts.map((text, index) => `"${fields[index]}":${text}`).join(',')}}`);
});
server.post<{ Params: { id: string } }>('/v1/sessions/:id/turns', ({ params }, reply) =>
  reply
    .type(json)
    .send({ session_id: params.id, revision: 1, events: [{ revision: 1, type: 'TurnRecorded' }] }),
);
process.send?.(await server.listen({ host: '127.0.0.1', port: 0 }));
process.once('disconnect', () => process.exit());
