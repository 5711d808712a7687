import type { Pool } from 'pg';
import { countTurns, findJourneys, listSessions, listTurns, partnerTimeline } from '#read-models';

export interface QueryFacts {
  readonly name: string;
  /** The 99th percentile, in milliseconds. */
  readonly p99Ms: number;
}

type Ask = (pool: Pool, round: number) => Promise<unknown>;

const page = { limit: 50 };
const day = (round: number): { from: string; to: string } => {
  const from = Date.UTC(2026, 0, 2 + (round % 20));
  return { from: new Date(from).toISOString(), to: new Date(from + 86_400_000).toISOString() };
};

/** Queries of auditors and analysts, with different parameters in every round. */
const queries: Readonly<Record<string, Ask>> = {
  'the newest turns': (pool) => listTurns(pool, { ...page, order: 'desc' }),
  'turns of a partner': (pool, round) => listTurns(pool, { ...page, partner_id: `P${round}`, order: 'desc' }),
  'turns of an intent': (pool, round) => listTurns(pool, { ...page, parsed_intent: `intent_${round % 20}` }),
  'turns of a day, a channel, a sender': (pool, round) =>
    listTurns(pool, { ...page, ...day(round), channel: 'ivr', sender: 'bot' }),
  'turns of an actor on a day': (pool, round) =>
    listTurns(pool, { ...page, ...day(round), actor_role: 'agent', actor_id: `bot-${round % 3}` }),
  'turns with a value': (pool, round) => listTurns(pool, { ...page, blind_index: `value_${round}` }),
  'turns with two words': (pool, round) =>
    listTurns(pool, { ...page, words: [`word_${round}`, `word_${round + 1}`] }),
  'turns of sessions with a flag': (pool, round) => listTurns(pool, { ...page, flag: `flag_${round}` }),
  'the newest sessions': (pool) => listSessions(pool, page),
  'sessions of a partner': (pool, round) => listSessions(pool, { ...page, partner_id: `P${round}` }),
  'a timeline': (pool, round) => partnerTimeline(pool, { ...page, partner_id: `P${round}`, order: 'desc' }),
  'counts of a day': (pool, round) =>
    countTurns(pool, { ...day(round), by: ['intent', 'outcome'], timezone: 'Asia/Kolkata', limit: 100 }),
  'journeys of a day': (pool, round) =>
    findJourneys(pool, {
      ...day(round),
      ...page,
      steps: [
        { kind: 'goal_set', name: 'pay' },
        { kind: 'goal_completed', same_name: true, not: true, within_s: 600 },
        { kind: 'handoff_requested' },
      ],
    }),
};

/** Runs each query one after the other. @param roundsOf how often it is run */
export async function askAll(pool: Pool, roundsOf: (name: string) => number): Promise<QueryFacts[]> {
  const facts: QueryFacts[] = [];
  for (const [name, ask] of Object.entries(queries)) {
    const rounds = roundsOf(name);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      await ask(pool, round);
      times.push(performance.now() - start);
    }
    const sorted = times.toSorted((a, b) => a - b);
    facts.push({ name, p99Ms: sorted[Math.ceil(0.99 * rounds) - 1] ?? 0 });
  }
  return facts;
}
