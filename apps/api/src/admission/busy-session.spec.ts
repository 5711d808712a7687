import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { Metrics, sleep, waitUntil } from '#platform';
import { Admission } from './admission.ts';
import { loadAdmissionConfig } from './config.ts';
import { installAdmission } from './hook.ts';

/** How long a command takes, ms; those of a session are executed one after the other. */
const tookMs = 150;

let server: FastifyInstance;
let admission: Admission;
let url: string;
beforeEach(async () => {
  admission = new Admission(loadAdmissionConfig({}), new Metrics('api'));
  server = fastify({ forceCloseConnections: true });
  installAdmission(server, admission);
  const last = new Map<string, Promise<void>>();
  server.post<{ Params: { session_id: string } }>('/v1/sessions/:session_id/turns', async ({ params }) => {
    const done = (last.get(params.session_id) ?? Promise.resolve()).then(() => sleep(tookMs));
    last.set(params.session_id, done);
    await done;
    return {};
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
  // From these the node learns how long one takes.
  await Promise.all(Array.from({ length: 12 }, (_, n) => post('hot', `first-${n}`)));
});
afterEach(() => server.close());

function post(session: string, key: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return fetch(`${url}/v1/sessions/${session}/turns`, { method: 'POST', body: '{}', headers });
}

function postMany(count: number): Promise<Response>[] {
  return Array.from({ length: count }, (_, n) => post('hot', `many-${n}`));
}

/** Commands that wait for longer than a burst lasts: those that come after them are sent away. */
async function stand(): Promise<Promise<Response>[]> {
  const standing = Array.from({ length: 24 }, (_, n) => post('hot', `standing-${n}`));
  await sleep(1_200);
  return standing;
}

interface Told {
  readonly retry_after_s: number;
  readonly retry_after_ms: number;
}

test('those that are sent away are told when it is their turn', async () => {
  const standing = await stand();
  const refused = (await Promise.all(postMany(40))).filter(({ status }) => status === 503);
  const told = await Promise.all(refused.map(async (answer) => (await answer.json()) as Told));
  expect(told.length).toBeGreaterThan(10);
  for (const { retry_after_s, retry_after_ms } of told)
    expect(retry_after_s).toBe(Math.ceil(retry_after_ms / 1_000));
  expect(refused.map(({ headers }) => Number(headers.get('retry-after')))).toEqual(
    told.map(({ retry_after_s }) => retry_after_s),
  );
  const waits = told.map(({ retry_after_ms }) => retry_after_ms);
  expect(new Set(waits).size).toBeGreaterThan(10);
  expect(Math.max(...waits)).toBeGreaterThan(1_000);
  expect((await Promise.all(standing)).map(({ status }) => status)).toEqual(Array(24).fill(200));
});

test('a hot session takes few of the places of a node', async () => {
  const many = [...(await stand()), ...postMany(40)];
  await waitUntil(() => admission.sessions.counts.sentAway > 10);
  expect(admission.commands.counts.admitted).toBe(8);
  expect((await post('other', 'one')).status).toBe(200);
  await Promise.all(many);
  expect(admission.commands.counts).toMatchObject({ admitted: 0, waiting: 0 });
});

test('a command whose caller goes away leaves the line', async () => {
  const gone = new AbortController();
  const many = postMany(8);
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'gone' };
  await waitUntil(() => admission.commands.counts.admitted === 8);
  const request = { method: 'POST', body: '{}', headers, signal: gone.signal };
  const aborted = fetch(`${url}/v1/sessions/hot/turns`, request);
  await waitUntil(() => admission.sessions.counts.waiting === 1);
  gone.abort();
  await expect(aborted).rejects.toThrow('aborted');
  await waitUntil(() => admission.sessions.counts.waiting === 0);
  expect((await Promise.all(many)).map(({ status }) => status)).toEqual(Array(8).fill(200));
});
