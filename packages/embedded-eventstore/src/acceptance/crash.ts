import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, type JSONEventData } from '@eventstore/db-client';
import { verify } from '../commands/verify.ts';
import { pause } from '../contract/harness.ts';
import { spawnEventStore } from './processes.ts';
import { exactly, measured, type Measurement } from './report.ts';

const WRITERS = 64;
const SHARED = 'shared';

interface Attempt {
  readonly stream: string;
  readonly ids: readonly string[];
  /** Last revision; undefined if it was never acknowledged. */
  revision: number | undefined;
}

interface Findings {
  acknowledged: number;
  lost: number;
  torn: number;
}

/** Repeatedly kills the server with SIGKILL under 64 writers, then checks every acknowledged append. */
export const runCrash = async (dir: string, rounds: number): Promise<Measurement[]> => {
  const data = join(dir, 'crash');
  const findings: Findings = { acknowledged: 0, lost: 0, torn: 0 };
  for (let round = 0; round < rounds; round++) {
    const attempts = await writeUntilKilled(data, round);
    await check(data, attempts, findings);
  }
  const { faults, events } = verify(data);
  return [
    measured('rounds of kill -9 under 64 writers', String(rounds)),
    measured('acknowledged appends', String(findings.acknowledged)),
    exactly('acknowledged appends that are not there, at their revision, once', findings.lost, 0),
    exactly('appends that are there in part', findings.torn, 0),
    exactly(`faults that verify finds in ${events} events`, faults.length, 0),
  ];
};

const writeUntilKilled = async (data: string, round: number): Promise<Attempt[]> => {
  const server = await spawnEventStore(data);
  const client = EventStoreDBClient.connectionString(server.url);
  const attempts: Attempt[] = [];
  const life = { over: false };
  const writer = async (index: number): Promise<void> => {
    const own = `crash-${round}-${index}`;
    for (let n = 0; !life.over; n++) {
      const stream = n % 4 === 3 ? `${SHARED}-${round}` : own;
      const events = Array.from({ length: 1 + (n % 3) }, () => crashEvent());
      const attempt: Attempt = { stream, ids: events.map(({ id }) => id), revision: undefined };
      attempts.push(attempt);
      const { nextExpectedRevision } = await client.appendToStream(stream, events);
      attempt.revision = Number(nextExpectedRevision);
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => writer(index).catch(() => undefined));
  // Mostly early; sometimes after the write-ahead log was extended and restarted.
  const delay = round % 10 === 9 ? 2_000 : 250;
  await pause(50 + Math.random() * delay);
  life.over = true;
  await server.kill('SIGKILL');
  await Promise.race([Promise.all(writers), pause(2_000)]);
  await client.dispose();
  return attempts;
};

const crashEvent = (): JSONEventData =>
  jsonEvent({ type: 'Crashed', data: { text: 'x'.repeat(Math.floor(Math.random() * 500)) } });

const check = async (data: string, attempts: readonly Attempt[], findings: Findings): Promise<void> => {
  const server = await spawnEventStore(data);
  const client = EventStoreDBClient.connectionString(server.url);
  try {
    const found = new Map<string, readonly string[]>();
    for (const stream of new Set(attempts.map((attempt) => attempt.stream))) {
      found.set(stream, await idsOf(client, stream));
    }
    for (const { stream, ids, revision } of attempts) {
      const stored = found.get(stream) ?? [];
      const present = ids.filter((id) => stored.includes(id)).length;
      if (present !== 0 && present !== ids.length) findings.torn++;
      if (revision === undefined) continue;
      findings.acknowledged++;
      const inPlace = ids.every((id, i) => stored.indexOf(id) === revision - ids.length + 1 + i);
      const once = ids.every((id) => stored.indexOf(id) === stored.lastIndexOf(id));
      if (!inPlace || !once) findings.lost++;
    }
  } finally {
    await client.dispose();
    await server.kill('SIGTERM');
  }
};

const idsOf = async (client: EventStoreDBClient, stream: string): Promise<string[]> => {
  const ids: string[] = [];
  try {
    for await (const { event } of client.readStream(stream)) if (event) ids.push(event.id);
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error;
  }
  return ids;
};
