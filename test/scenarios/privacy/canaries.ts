import { waitUntil } from '#platform';
import { authorization } from '../../../tools/shared/token.ts';
import type { System } from '../system.ts';
import { firstTwoApis } from '../system.ts';
import type { Canaries, Sent } from './doors.ts';
import { readSession, sendThroughDoors } from './doors.ts';
import { sendThroughTopics } from './messages.ts';
import { detokenise } from './recognised.ts';
import { findInStores, sealedPieces } from './stores.ts';
import { findInTopics } from './topics.ts';

export interface CanaryFacts {
  /** Where values were found before the erasure that must not be found. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Parts of the event store’s files with sealed values; without any, the search would prove nothing. */
  readonly sealedPieces: number;
  /** The number of sent values, how many of them the api showed to authorised callers, and which it failed to show. */
  readonly doors: number;
  readonly shown: number;
  readonly notShown: readonly string[];
  readonly shownAfter: number;
  /**
   * Phones and cards that the api showed other than for their tokens, which it must not; and those shown for their
   * tokens.
   */
  readonly numbersShown: readonly string[];
  readonly detokenised: number;
  readonly detokenisedAfter: number;
  readonly isErasedShown: boolean;
  /** The remains that the receipts report. */
  readonly left: number;
}

/** Inputs of which the api shows nothing: refused requests, ids of requests, and messages without a known partner. */
const unshown = new Set(['key', 'reused', 'refused', 'conflict', 'waiting update', 'dead letter']);

/**
 * Sends unique personal values through every input, then searches for them in every store, and again after an
 * erasure. The system has keys and its own Kafka: another system would write the same messages to the dead letters,
 * with other keys or none.
 */
export async function findCanaries(system: System, partners: number): Promise<CanaryFacts> {
  const [api, other] = firstTwoApis(system);
  const sent = await Promise.all(Array.from({ length: partners }, () => sendThroughDoors(api)));
  const letters = await sendThroughTopics(system, sent);
  const canaries = allOf(sent, 'canaries');
  const numbers = allOf(sent, 'recognised');
  const look = async (expected: readonly string[]): Promise<string[]> => [
    ...(await findInStores(system, { ...canaries, ...numbers })),
    ...(await findInTopics(system, { ...canaries, ...numbers }, expected)),
  ];
  const read = async (): Promise<string> =>
    (await Promise.all(sent.map(({ sessionId }) => readSession(other, sessionId)))).join('\n');
  const shows = async (...doors: string[]): Promise<boolean> => {
    const text = await read();
    return sent.every(({ canaries: own }) => doors.every((door) => text.includes(own[door] ?? '')));
  };
  await waitUntil(() => shows('update', 'answer'), { what: 'the messages of other systems', everyMs: 200 });
  const text = await read();
  const values = async (): Promise<number> => {
    const all = await Promise.all(sent.map(({ partnerId }) => detokenise(other, partnerId, text)));
    return countIn(all.join('\n'), numbers);
  };
  await waitUntil(async () => (await values()) >= 2 * partners, { what: 'the tokens', everyMs: 200 });
  const detokenised = await values();
  const before = await look([...letters, ...sent.map(({ sessionId }) => sessionId)]);
  const sealed = await sealedPieces(system);
  const left = await Promise.all(sent.map(({ partnerId }) => erase(api, partnerId)));
  const textAfter = await read();
  return {
    before,
    after: await look(sent.map(({ sessionId }) => `conversation.session_erased.v1 ${sessionId}`)),
    sealedPieces: sealed,
    doors: Object.keys({ ...canaries, ...numbers }).length,
    shown: countIn(text, canaries),
    notShown: Object.entries(canaries).flatMap(([door, value]) =>
      text.includes(value) || unshown.has(door.replace(/ \d+$/, '')) ? [] : [door],
    ),
    shownAfter: countIn(textAfter, canaries),
    numbersShown: Object.keys(numbers).filter((name) => (text + textAfter).includes(numbers[name] ?? '')),
    detokenised,
    detokenisedAfter: await values(),
    isErasedShown: textAfter.includes('[erased]'),
    left: left.reduce((sum, count) => sum + count, 0),
  };
}

function countIn(text: string, values: Canaries): number {
  return Object.values(values).filter((value) => text.includes(value)).length;
}

/** The values of every partner, named like `door 7`. */
function allOf(sent: readonly Sent[], which: 'canaries' | 'recognised'): Canaries {
  const entries = sent.flatMap((one, n) =>
    Object.entries(one[which]).map(([door, value]) => [`${door} ${n}`, value]),
  );
  return Object.fromEntries(entries) as Canaries;
}

/** Erases a partner, and waits for the receipt. @returns the remains that it reports */
async function erase(api: string, partnerId: string): Promise<number> {
  const path = `${api}/v1/partners/${partnerId}`;
  const headers = { 'content-type': 'application/json', ...authorization('admin') };
  const body = JSON.stringify({ reason: 'asked_to_be_forgotten' });
  const response = await fetch(path, { method: 'DELETE', headers, body });
  if (!response.ok) throw new Error(`The erasure was answered with ${response.status}.`);
  const checked: Left[] = [];
  const isErased = async (): Promise<boolean> => {
    const answer = await fetch(`${path}/erasure`, { headers: authorization('admin') });
    const { receipt } = (await answer.json()) as { receipt: { readonly checked: readonly Left[] } | null };
    checked.push(...(receipt?.checked ?? []));
    return receipt !== null;
  };
  await waitUntil(isErased, { what: 'the receipt', everyMs: 200, timeoutMs: 120_000 });
  return checked.reduce((sum, { left }) => sum + left, 0);
}

interface Left {
  readonly left: number;
}
