/** A conversation memory over HTTP in its own process, which sends its address to its parent. */
import { fastify } from 'fastify';

/** The number of messages in the answer to a read: as many as in Turnstream's contexts. */
export const messagesShown = 10;

/**
 * @param {{
 *   begin: (turns: number, turn: object) => Promise<string>,
 *   record: (id: string, turn: object) => Promise<object>,
 *   read: (id: string) => Promise<object>,
 * }} memory `begin` makes a conversation of that many turns.
 */
export async function serve({ begin, record, read }) {
  const server = fastify();
  server.post('/conversations', async ({ body: { turns, turn } }) => ({ id: await begin(turns, turn) }));
  server.post('/conversations/:id/turns', async ({ params: { id }, body }, reply) => {
    const recorded = await record(id, body);
    return reply.code(201).send(recorded);
  });
  server.get('/conversations/:id', ({ params: { id } }) => read(id));
  process.send?.(await server.listen({ host: '127.0.0.1', port: 0 }));
  process.once('disconnect', () => process.exit());
}
