import { randomUUID } from 'node:crypto';
import { Turnstream } from '@turnstream/sdk';
import { sleep } from '#platform';
import { EventStore } from '#sessions';
import { allEvents, clientOptions } from '../clients.ts';
import type { System } from '../system.ts';

interface WebhooksSize {
  /** Concurrent calls in each round. */
  readonly calls: number;
  readonly rounds: number;
}

export interface Webhooks {
  /** Why calls had no answer, although the client repeats them. */
  readonly unanswered: readonly string[];
  /** The number of sessions in the answers of a round: one, if all of them got the same. The maximum of the rounds. */
  readonly answered: number;
  /** The number of sessions started for the partner of a round. The maximum of the rounds. */
  readonly started: number;
}

/**
 * In each round concurrent webhooks of a new partner ask for the session on two api nodes, and one node is killed
 * meanwhile.
 */
export async function resumeAtOnce(system: System, { calls, rounds }: WebhooksSize): Promise<Webhooks> {
  const clients = system.apis.map((url) => new Turnstream({ ...clientOptions, url, connections: 128 }));
  const store = new EventStore(system.env['EVENTSTORE_URL'] ?? '');
  const results: Webhooks[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const partner = `P-${randomUUID()}`;
      const all = Array.from({ length: calls }, async (_, index) => {
        const client = clients[index % clients.length];
        return (await client?.resumeOrStart(partner, { channel: 'whatsapp' }))?.id;
      });
      // Later in each round, so that the node is killed before, between and after its two appends.
      const killed = sleep(round * 2).then(() => system.kill(round % 2 ? 'api' : 'api-2'));
      const [answers] = await Promise.all([Promise.allSettled(all), killed]);
      const ids = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      results.push({
        unanswered: answers.flatMap((answer) =>
          answer.status === 'rejected' ? [String(answer.reason)] : [],
        ),
        answered: new Set(ids).size,
        started: await countStarted(store, partner),
      });
    }
  } finally {
    await Promise.all([store.dispose(), ...clients.map((client) => client.close())]);
  }
  const most = (of: 'answered' | 'started'): number => Math.max(...results.map((result) => result[of]));
  return {
    unanswered: results.flatMap(({ unanswered }) => unanswered),
    answered: most('answered'),
    started: most('started'),
  };
}

async function countStarted(store: EventStore, partnerId: string): Promise<number> {
  const started = await allEvents(store, ['SessionStarted']);
  return started.filter(({ event }) => event.type === 'SessionStarted' && event.data.partner_id === partnerId)
    .length;
}
