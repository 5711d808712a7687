import { randomUUID } from 'node:crypto';
import type { SessionCommand } from '#domain';
import { decideAll, newSession } from '#domain';
import { RowsStore } from '#read-models';
import { sessionStream } from '#sessions';
import { endSession, startSession } from '../../../../libs/sessions/src/test-support.ts';
import { turn } from '../../../../libs/read-models/src/test-support.ts';
import type { TestApp } from '../test-app.ts';

export const dayMs = 86_400_000;

interface OldSession {
  readonly partner_id: string;
  readonly daysAgo: number;
  readonly isOver: boolean;
  readonly correlation?: string;
}

/** Writes the stream and the rows of a session whose events are that old; resolves to its id. */
export async function addOldSession(app: TestApp, old: OldSession): Promise<string> {
  const session_id = randomUUID();
  const { partner_id, daysAgo, isOver, correlation = randomUUID() } = old;
  const commands: SessionCommand[] = [
    { ...startSession, partner_id, expires_in_s: 86_400 * 365 },
    { type: 'SetGoal', goal: 'pay', step: null },
    turn(randomUUID(), { extracted_entities: { month: 'October' } }),
    ...(isOver ? [endSession] : []),
  ];
  const { codec } = app.store;
  const decided = decideAll(newSession(session_id), commands, {
    metadata: (type) => ({
      schema_version: codec.versionOf(type),
      occurred_at: new Date(Date.now() - daysAgo * dayMs).toISOString(),
      actor: { role: 'agent', id: 'spec' },
      $correlationId: correlation,
    }),
    eventId: () => randomUUID(),
  });
  if ('rejection' in decided) throw new Error(decided.rejection.reason);
  const { events } = decided;
  await app.store.append(
    sessionStream(session_id),
    events.map((event) => codec.encode(event)),
    -1,
  );
  // Simulates the projector.
  const items = events.map((event) => ({ session_id, event, position: BigInt(event.revision + 1) }));
  const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
  const rows = new RowsStore(app.pool, { textSearch: 'off', rebuilding: true });
  await rows.write(writer, items, BigInt(items.length), null);
  return session_id;
}
