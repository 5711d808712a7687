import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { inParallel, retry, waitUntil } from '#platform';
import type { Case, Target } from './common/case.ts';
import { isExpected } from './common/case.ts';
import { authorization } from '../../tools/shared/token.ts';

/** A case whose answer was not the expected one. */
export interface Surprise {
  readonly name: string;
  readonly expected: string;
  readonly answer: string;
}

const casesAtOnce = 8;
const pageCacheBytes = 64 * 2 ** 20;

/** Sends the cases, some concurrently, and returns those with unexpected answers. */
export async function runCases(
  { url, eventStoreUrl }: Pick<Target, 'url' | 'eventStoreUrl'>,
  cases: readonly Case[],
): Promise<Surprise[]> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const append: Target['append'] = (stream, events) => client.appendToStream(stream, [...events]);
  const target = { url, eventStoreUrl, session: await startSession(url), append };
  const surprises: Surprise[] = [];
  try {
    await inParallel(cases, casesAtOnce, async ({ name, expected, send }) => {
      const answer = await send(target).catch((error: unknown) => `failed ${String(error)}`);
      if (!isExpected(answer, expected)) surprises.push({ name, expected, answer });
    });
  } finally {
    await client.dispose();
  }
  return surprises;
}

/**
 * Stores more than fits into the page cache of the embedded event store, so that filling the cache is not taken for a
 * leak.
 */
export async function fillPageCache(eventStoreUrl: string): Promise<void> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const data = { text: 'x'.repeat(900_000) };
  try {
    for (let bytes = 0; bytes < 2 * pageCacheBytes; bytes += data.text.length)
      await client.appendToStream('filling', jsonEvent({ type: 'Filling', data }));
  } finally {
    await client.dispose();
  }
}

/** Starts a session in each partition, and waits until its context and its row exist. */
export async function workOrderly(url: string): Promise<void> {
  await Promise.all([...'0123456789abcdef'].map((digit) => workInPartition(url, digit)));
}

/** @param digit the first of the session's id, which decides its partition */
async function workInPartition(url: string, digit: string): Promise<void> {
  const session = await startSession(url, `${digit}${randomUUID().slice(1)}`);
  const isListed = async (): Promise<boolean> => {
    const turns = await fetch(`${url}/v1/turns?session_id=${session}`, { headers: authorization() });
    const { items = [] } = (await turns.json()) as { items?: unknown[] };
    return items.length === 1;
  };
  const hasContext = async (): Promise<boolean> =>
    (await fetch(`${url}/v1/sessions/${session}/context`, { headers: authorization() })).ok;
  // Sixteen of them wait at once: asking often would be most of the work.
  const patient = { timeoutMs: 120_000, everyMs: 500 };
  await waitUntil(isListed, { what: `the row of session ${session}`, ...patient });
  await waitUntil(hasContext, { what: `the context of session ${session}`, ...patient });
}

async function startSession(url: string, session_id: string = randomUUID()): Promise<string> {
  await post(`${url}/v1/sessions`, { session_id, partner_id: `P-${session_id}`, channel: 'whatsapp' });
  await post(`${url}/v1/sessions/${session_id}/turns`, { sender: 'user', message_text: 'hello' });
  return session_id;
}

/** Retries refused requests, as a client should. */
async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...authorization() };
  const once = async (): Promise<void> => {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`);
  };
  await retry(once, { attempts: 10, minMs: 1_000 });
}
