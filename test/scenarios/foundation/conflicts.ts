import { randomUUID } from 'node:crypto';
import type { CommandResult, Session } from '@turnstream/sdk';
import { RevisionConflict, Turnstream } from '@turnstream/sdk';
import { clientOptions } from '../clients.ts';
import type { System } from '../system.ts';
import { firstTwoApis } from '../system.ts';

export interface Competition {
  readonly winners: number;
  readonly conflicts: number;
  /** The revisions in the stream afterwards, including its start. */
  readonly revisions: readonly number[];
}

/** Writers with the same expected revision, spread over the api nodes. */
export function competeForRevision(system: System, writers: number): Promise<Competition> {
  return withSession(system, async (sessions) => {
    const results = await Promise.allSettled(
      Array.from({ length: writers }, (_, index) =>
        at(sessions, index).recordTurn(
          { sender: 'user', message_text: `Writer ${index}` },
          { expectedRevision: 0 },
        ),
      ),
    );
    const lost = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    const events = await Array.fromAsync(sessions[0].events());
    return {
      winners: writers - lost.length,
      conflicts: lost.filter(({ reason }) => reason instanceof RevisionConflict).length,
      revisions: events.map(({ revision }) => revision),
    };
  });
}

export interface Repetition {
  /** Events that the requests appended together. */
  readonly appended: number;
  readonly differentAnswers: number;
  /** Answers that are not marked as replayed: one, or one per api node when they decide concurrently. */
  readonly originals: number;
}

/** Sends the same request many times concurrently under one idempotency key, over all api nodes. */
export function repeatRequest(system: System, requests: number): Promise<Repetition> {
  return withSession(system, async (sessions) => {
    const key = randomUUID();
    const results = await Promise.all(
      Array.from({ length: requests }, (_, index) =>
        at(sessions, index).recordTurn({ sender: 'user', message_text: 'Once' }, { key }),
      ),
    );
    const events = await Array.fromAsync(sessions[0].events());
    return {
      appended: events.length - 1,
      differentAnswers: new Set(results.map(answerOf)).size,
      originals: results.filter(({ replayed }) => !replayed).length,
    };
  });
}

function answerOf({ revision, events }: CommandResult): string {
  return JSON.stringify([revision, events]);
}

/** One session, as each of the api nodes sees it. */
async function withSession<T>(
  system: System,
  work: (sessions: readonly [Session, ...Session[]]) => Promise<T>,
): Promise<T> {
  const [first, second] = firstTwoApis(system).map(
    (url) => new Turnstream({ ...clientOptions, url, connections: 128 }),
  ) as [Turnstream, Turnstream];
  try {
    const session = await first.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp' });
    return await work([session, second.session(session.id)]);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}

function at(sessions: readonly [Session, ...Session[]], index: number): Session {
  return sessions[index % sessions.length] ?? sessions[0];
}
