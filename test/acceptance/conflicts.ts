import { randomUUID } from 'node:crypto';
import type { CommandResult, Session } from '@turnstream/sdk';
import { RevisionConflict, Turnstream } from '@turnstream/sdk';
import type { Report } from './report.ts';
import type { System } from './system.ts';

/** Writers with the same expected revision, spread over the api nodes: exactly one wins, and the stream has no gap. */
export async function proveOneWinner({ apis }: System, writers: number, report: Report): Promise<void> {
  await withSessions(apis, async (sessions) => {
    const [first] = sessions;
    const results = await Promise.allSettled(
      Array.from({ length: writers }, (_, index) =>
        at(sessions, index).recordTurn(
          { sender: 'user', message_text: `Writer ${index}` },
          { expectedRevision: 0 },
        ),
      ),
    );
    const lost = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    const conflicts = lost.filter(({ reason }) => reason instanceof RevisionConflict);
    const events = await Array.fromAsync(first.events());
    report.equal(`winners among ${writers} writers with the same If-Match`, writers - lost.length, 1);
    report.equal('others that got 412', conflicts.length, writers - 1);
    report.equal('events in the stream', events.length, 2);
    report.equal('gaps in the stream', events.filter(({ revision }, index) => revision !== index).length, 0);
  });
}

/** The same request many times at once under one key, over all api nodes: one event, and the same answer for all. */
export async function proveOneEvent({ apis }: System, requests: number, report: Report): Promise<void> {
  await withSessions(apis, async (sessions) => {
    const [first] = sessions;
    const key = randomUUID();
    const results = await Promise.all(
      Array.from({ length: requests }, (_, index) =>
        at(sessions, index).recordTurn({ sender: 'user', message_text: 'Once' }, { key }),
      ),
    );
    const events = await Array.fromAsync(first.events());
    report.equal(`events of ${requests} identical requests with one key`, events.length - 1, 1);
    report.equal('different answers', new Set(results.map((result) => answerOf(result))).size, 1);
    const firsts = results.filter(({ replayed }) => !replayed).length;
    report.figure(
      'answers not marked as repeated',
      firsts,
      `1 to ${apis.length}, the api nodes`,
      firsts <= apis.length,
    );
  });
}

function answerOf({ revision, events }: CommandResult): string {
  return JSON.stringify([revision, events]);
}

/** One session, as each of the api nodes sees it. */
async function withSessions(
  apis: readonly string[],
  work: (sessions: readonly [Session, ...Session[]]) => Promise<void>,
): Promise<void> {
  const clients = apis.map((url) => new Turnstream({ url, agentId: 'prove', connections: 128 }));
  const [first, ...others] = clients;
  if (first === undefined) throw new Error('There is no api.');
  const partner_id = `P-${randomUUID()}`;
  const session = await first.startSession({ partner_id, channel: 'whatsapp' });
  await work([session, ...others.map((client) => client.session(session.id))]);
  await Promise.all(clients.map((client) => client.close()));
}

function at(sessions: readonly [Session, ...Session[]], index: number): Session {
  return sessions[index % sessions.length] ?? sessions[0];
}
