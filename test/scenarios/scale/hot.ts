import { randomUUID } from 'node:crypto';
import { inParallel } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf, median } from '../../../tools/shared/statistics.ts';
import { sendUntilAcknowledged } from './writers.ts';

interface Nodes {
  /** Addresses of api nodes, and the header for their requests. */
  readonly apis: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface HotSession {
  readonly acknowledged: number;
  /** Turns in the stream: as many as were acknowledged. */
  readonly recorded: number;
  /** Attempts per acknowledgement, maximum and mean: more than one where a node has refused. */
  readonly mostAttempts: number;
  readonly attempts: number;
  /** From the first attempt to the acknowledgement, ms. */
  readonly latency: Latency;
  /** The time that the slowest writer needed for its turns, relative to the median writer. */
  readonly unfairness: number;
  /** Acknowledged turns of the slowest writer when the first one has finished. */
  readonly fewestTurns: number;
  readonly turnsASecond: number;
}

/**
 * Many concurrent writers on one session, spread over the nodes; each sends its next turn when the last one is
 * acknowledged.
 */
export async function writeHotSession(
  { apis, headers }: Nodes,
  { writers, turns }: { readonly writers: number; readonly turns: number },
): Promise<HotSession> {
  const targets = apis.map((url) => ({ url, headers }));
  const [first = { url: '', headers }] = targets;
  const start = { partner_id: `hot-${randomUUID()}`, channel: 'whatsapp', language: 'en' };
  const { session_id } = await sendUntilAcknowledged(first, '/v1/sessions', start, randomUUID());
  const path = `/v1/sessions/${session_id}/turns`;
  const times: number[] = [];
  const attempts: number[] = [];
  const done = Array.from({ length: writers }, () => 0);
  let fewestTurns: number | undefined;
  const write = async (writer: number): Promise<number> => {
    const target = targets[writer % targets.length] ?? first;
    const begun = performance.now();
    for (let turn = 0; turn < turns; turn += 1) {
      const sent = performance.now();
      const body = { sender: 'user', message_text: `writer ${writer} turn ${turn}` };
      attempts.push((await sendUntilAcknowledged(target, path, body, randomUUID())).attempts);
      times.push(performance.now() - sent);
      done[writer] = turn + 1;
    }
    fewestTurns ??= Math.min(...done);
    return performance.now() - begun;
  };
  const begun = performance.now();
  const taken = await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const seconds = (performance.now() - begun) / 1_000;
  const answer = await fetch(`${first.url}/v1/sessions/${session_id}/events?limit=1&direction=backwards`, {
    headers,
  });
  const { current_revision } = (await lastRevision(answer)) ?? { current_revision: NaN };
  return {
    acknowledged: times.length,
    recorded: current_revision,
    mostAttempts: Math.max(...attempts),
    attempts: attempts.reduce((sum, count) => sum + count, 0) / attempts.length,
    latency: latencyOf(times),
    fewestTurns: fewestTurns ?? 0,
    unfairness: Math.max(...taken) / median(taken),
    turnsASecond: times.length / seconds,
  };
}

async function lastRevision(answer: Response): Promise<{ current_revision: number } | undefined> {
  const page = (await answer.json()) as { events?: readonly { revision: number }[] };
  const revision = page.events?.[0]?.revision;
  return revision === undefined ? undefined : { current_revision: revision };
}

export interface HotPartner {
  readonly sessions: number;
  /** The median time of a start among the first and among the last ones, ms. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The time of a page of the partner's sessions, ms. */
  readonly pageMs: number;
}

/** A partner with very many sessions, started concurrently by several callers. */
export async function fillPartner(
  { apis, headers }: Nodes,
  {
    sessions,
    atOnce,
    samples,
  }: { readonly sessions: number; readonly atOnce: number; readonly samples: number },
): Promise<HotPartner> {
  const targets = apis.map((url) => ({ url, headers }));
  const [first = { url: '', headers }] = targets;
  const partner_id = `many-${randomUUID()}`;
  const start = { partner_id, channel: 'whatsapp', language: 'en' };
  const times: number[] = [];
  const startOne = async (n: number): Promise<void> => {
    const target = targets[n % targets.length] ?? first;
    const begun = performance.now();
    await sendUntilAcknowledged(target, '/v1/sessions', start, randomUUID());
    times.push(performance.now() - begun);
  };
  await inParallel(Array.from({ length: sessions }).keys(), atOnce, startOne);
  const begun = performance.now();
  const page = await fetch(`${first.url}/v1/sessions?partner_id=${partner_id}&limit=50`, { headers });
  await page.arrayBuffer();
  const pageMs = performance.now() - begun;
  return {
    sessions: times.length,
    firstMs: median(times.slice(0, samples)),
    lastMs: median(times.slice(-samples)),
    pageMs,
  };
}
