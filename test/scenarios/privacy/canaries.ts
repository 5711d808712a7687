import { waitUntil } from '#platform';
import { authorization } from '../../../tools/shared/token.ts';
import { withOwnSystem } from '../system.ts';
import { readSession, sendThroughDoors } from './doors.ts';
import { findInStores } from './stores.ts';
import { findInTopics } from './topics.ts';

export interface CanaryFacts {
  /** Where values were found that nobody may find. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** How many doors were used, and of how many the api showed the value, to whom may see it. */
  readonly doors: number;
  readonly shown: number;
  readonly shownAfter: number;
  readonly isErasedShown: boolean;
}

/** Unique personal values go in by every door; then they are looked for wherever something is stored, and after an erasure. */
export function findCanaries(partners: number): Promise<CanaryFacts> {
  return withOwnSystem(async (system) => {
    const [api, other] = system.apis;
    const sent = await Promise.all(Array.from({ length: partners }, () => sendThroughDoors(api)));
    const canaries = Object.assign({}, ...sent.map((one, n) => named(one.canaries, n))) as Record<
      string,
      string
    >;
    const look = async (): Promise<string[]> => [
      ...(await findInStores(system, canaries)),
      ...(await findInTopics(system.env['KAFKA_BROKERS'] ?? '', system.kafkaGroup, canaries)),
    ];
    const read = async (): Promise<string> =>
      (await Promise.all(sent.map(({ sessionId }) => readSession(other, sessionId)))).join('\n');
    const shownIn = (text: string): number =>
      Object.values(canaries).filter((value) => text.includes(value)).length;
    const shown = shownIn(await read());
    const before = await look();
    for (const { partnerId } of sent) await erase(api, partnerId);
    await waitUntil(async () => shownIn(await read()) === 0, { what: 'the erasure', everyMs: 200 });
    const text = await read();
    const facts = { before, after: await look(), doors: Object.keys(canaries).length, shown };
    return { ...facts, shownAfter: shownIn(text), isErasedShown: text.includes('[erased]') };
  });
}

async function erase(api: string, partnerId: string): Promise<void> {
  const response = await fetch(`${api}/v1/partners/${partnerId}`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json', ...authorization('admin') },
    body: JSON.stringify({ reason: 'asked_to_be_forgotten' }),
  });
  if (!response.ok) throw new Error(`The erasure was answered with ${response.status}.`);
}

function named(canaries: Readonly<Record<string, string>>, n: number): Record<string, string> {
  return Object.fromEntries(Object.entries(canaries).map(([door, value]) => [`${door} ${n}`, value]));
}
