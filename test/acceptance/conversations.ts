import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Turnstream } from '@turnstream/sdk';
import { check } from '../../tools/import/check.ts';
import type { Conversation } from '../../tools/import/conversation.ts';
import { turnsOf } from '../../tools/import/conversation.ts';
import { play } from '../../tools/import/play.ts';
import { startProgress } from '../../tools/shared/progress.ts';
import type { Report } from './report.ts';
import { kill } from './system.ts';
import type { System } from './system.ts';

const parallel = 16;
const patienceMs = 120_000;
/** What is killed, at which share of the turns. */
const killings = [
  { name: 'projector', at: 0.2 },
  { name: 'api', at: 0.4 },
  { name: 'event-store', at: 0.6 },
] as const;

/** Plays conversations undisturbed: every row and every context is right, and playing them again adds nothing. */
export async function proveImport(
  system: System,
  conversations: readonly Conversation[],
  report: Report,
): Promise<void> {
  const turnstream = client(system);
  const first = await withProgress(report, conversations, (onStep) =>
    play(turnstream, conversations, { parallel, onStep }),
  );
  report.equal('sessions', conversations.length, new Set(conversations.map((item) => item.session_id)).size);
  await compare(turnstream, conversations, 'undisturbed', report);
  const again = await play(turnstream, conversations, { parallel });
  report.equal('events that playing them again adds', again.events, 0);
  report.equal('commands recognised as repeated', again.repeated, first.steps);
  await turnstream.close();
}

/** Plays conversations while projector, api and event store are killed with -9, then flushes Redis: all is right again. */
export async function proveCrashes(
  system: System,
  conversations: readonly Conversation[],
  report: Report,
): Promise<void> {
  const turnstream = client(system);
  const total = countTurns(conversations);
  const pending = [...killings];
  const killed: Promise<void>[] = [];
  let done = 0;
  await withProgress(report, conversations, (onStep) =>
    play(turnstream, conversations, {
      parallel,
      onStep: (items) => {
        onStep(items);
        done += items.filter(({ type }) => type === 'RecordTurn').length;
        const next = pending[0];
        if (next === undefined || done < next.at * total) return;
        pending.shift();
        report.note(`kill -9 ${next.name} after ${done} of ${total} turns`);
        killed.push(kill(system, next.name));
      },
    }),
  );
  await Promise.all(killed);
  report.equal('processes killed with -9 and started again', killed.length, killings.length);
  await compare(turnstream, conversations, 'after the killings', report);
  await proveFlush(system, turnstream, conversations, report);
  await turnstream.close();
}

async function proveFlush(
  system: System,
  turnstream: Turnstream,
  conversations: readonly Conversation[],
  report: Report,
): Promise<void> {
  const redis = new Redis(system.env['REDIS_URL'] ?? '');
  await redis.flushdb();
  report.note('Redis is flushed');
  await compare(turnstream, conversations, 'after Redis was flushed', report);
  const keys = conversations.map(({ session_id }) => `ctx:{${session_id}}`);
  const deadline = Date.now() + patienceMs;
  let back = 0;
  while ((back = await redis.exists(...keys)) < keys.length && Date.now() < deadline) await sleep(100);
  report.equal('contexts back in Redis', back, keys.length);
  redis.disconnect();
}

async function compare(
  turnstream: Turnstream,
  conversations: readonly Conversation[],
  when: string,
  report: Report,
): Promise<void> {
  const { rows, contexts, differences } = await check(turnstream, conversations, { parallel, patienceMs });
  for (const difference of differences.slice(0, 10)) report.fault(difference);
  report.equal(`rows of turns, ${when}`, rows, countTurns(conversations));
  report.equal(`contexts equal to the fold of their stream, ${when}`, contexts, conversations.length);
  report.equal(`differences, ${when}`, differences.length, 0);
}

/** The first api node is the one that gets killed; the client bears it. */
function client({ apis: [url = ''] }: System): Turnstream {
  return new Turnstream({ url, agentId: 'prove', connections: parallel, retryForMs: 60_000 });
}

function countTurns(conversations: readonly Conversation[]): number {
  return conversations.reduce((sum, conversation) => sum + turnsOf(conversation).length, 0);
}

async function withProgress<T>(
  report: Report,
  conversations: readonly Conversation[],
  work: (onStep: (items: readonly { type: string }[]) => void) => Promise<T>,
): Promise<T> {
  if (report.silent) return work(() => undefined);
  const progress = startProgress('playing', countTurns(conversations), 'turns');
  const onStep = (items: readonly { type: string }[]): void =>
    progress.add(items.filter(({ type }) => type === 'RecordTurn').length);
  return work(onStep).finally(() => progress.stop());
}
