import { randomUUID } from 'node:crypto';
import { sleep } from '#platform';
import type { App, AppName } from '../consistency/system/apps.ts';
import type { HungSystem } from './system.ts';

/** Answers of one kind of request while a service hung. Later answers do not count. */
export interface Answers {
  readonly count: number;
  /** The different statuses of the answers; 0: no answer within 20 s. */
  readonly statuses: readonly number[];
  readonly slowestMs: number;
  /** The slowest request that began later than 7 s after the hang; 0: there was none. */
  readonly slowestLaterMs: number;
  /** Answers of 503 without Retry-After. */
  readonly withoutRetryAfter: number;
}

/** The answers of an app's health endpoints while a service hung. */
export interface Health {
  readonly live: Answers;
  readonly ready: Answers;
  /** The failed checks. */
  readonly unavailable: readonly string[];
}

interface Answer {
  readonly at: number;
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | null;
}

const answerMs = 20_000;
/** The time after which an app is certain to have noticed that a service hangs. */
const laterMs = 7_000;

/** How long requests are sent, and the pause between two of a kind. */
export interface Pace {
  readonly signal: AbortSignal;
  readonly everyMs: number;
  /** The kinds of requests that were answered. */
  readonly answered: Set<string>;
}

/** The number of kinds of requests. */
export const kinds = 9;

type Send = (url: string) => Promise<Response>;

const get =
  (path: string): Send =>
  (url) =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(answerMs) });

const post =
  (path: string, body: () => object): Send =>
  (url) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body()),
      signal: AbortSignal.timeout(answerMs),
    });

const update = () => ({
  system: 'orders',
  kind: 'status_changed',
  source_event_id: randomUUID(),
  data: {},
});

/** The requests of clients, by kind. */
function requests({ owned, other }: HungSystem): Readonly<Record<string, Send>> {
  const session = `/v1/sessions/${other.session_id}`;
  return {
    command: post(`${session}/turns`, () => ({ sender: 'user', message_text: 'Hello?' })),
    update: post(`/v1/sessions/${owned.session_id}/external-updates`, update),
    start: post('/v1/sessions', () => ({ partner_id: `P-${randomUUID()}`, channel: 'ivr' })),
    context: get(`${session}/context`),
    'context of an unknown session': get(`/v1/sessions/${randomUUID()}/context`),
    events: get(`${session}/events`),
    session: get(session),
    sessions: get('/v1/sessions?limit=1'),
    turns: get(`/v1/turns?session_id=${other.session_id}&limit=1`),
  };
}

/** Sends every kind of request repeatedly, each after the previous answer, until the signal. */
export async function probe(system: HungSystem, pace: Pace): Promise<Record<string, Answers>> {
  const all = Object.entries(requests(system));
  const results = await Promise.all(
    all.map(
      async ([kind, send]) =>
        [kind, summary(await repeated(system.url, send, pace, () => pace.answered.add(kind)))] as const,
    ),
  );
  return Object.fromEntries(results);
}

/** Polls the health of an app until the signal. */
async function probeHealth({ address }: App, pace: Pace): Promise<Health> {
  const unavailable = new Set<string>();
  const note = async (response: Response): Promise<void> => {
    const { checks = {} } = (await response.json()) as { checks?: Record<string, { status: string }> };
    for (const [name, { status }] of Object.entries(checks)) if (status !== 'ok') unavailable.add(name);
  };
  const [live, ready] = await Promise.all([
    repeated(address, get('/health/live'), pace),
    repeated(address, get('/health/ready'), pace, note),
  ]);
  return { live: summary(live), ready: summary(ready), unavailable: [...unavailable].sort() };
}

/** The health of every app, by its name. */
export async function probeAllHealth({ apps }: HungSystem, pace: Pace): Promise<Record<AppName, Health>> {
  const all = await Promise.all(apps.map(async (app) => [app.app, await probeHealth(app, pace)] as const));
  return Object.fromEntries(all) as Record<AppName, Health>;
}

async function repeated(
  url: string,
  send: Send,
  { signal, everyMs }: Omit<Pace, 'answered'>,
  note: (response: Response) => unknown = () => undefined,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const began = performance.now();
  while (!signal.aborted) {
    const at = performance.now();
    const response = await send(url).catch(() => undefined);
    const ms = performance.now() - at;
    const { status = 0, headers } = response ?? {};
    if (signal.aborted) {
      // An answer after the return of the service says nothing about the hang.
      await response?.text();
      break;
    }
    if (response) await note(response);
    if (response?.bodyUsed === false) await response.text();
    answers.push({ at: at - began, status, ms, retryAfter: headers?.get('retry-after') ?? null });
    await sleep(everyMs, signal);
  }
  return answers;
}

function summary(answers: readonly Answer[]): Answers {
  const slowest = (some: readonly Answer[]): number => Math.round(Math.max(0, ...some.map(({ ms }) => ms)));
  return {
    count: answers.length,
    statuses: [...new Set(answers.map(({ status }) => status))].sort((a, b) => a - b),
    slowestMs: slowest(answers),
    slowestLaterMs: slowest(answers.filter(({ at }) => at > laterMs)),
    withoutRetryAfter: answers.filter(({ status, retryAfter }) => status === 503 && retryAfter === null)
      .length,
  };
}
