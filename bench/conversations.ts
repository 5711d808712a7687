import { createHash, randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import type { EventData } from '@eventstore/db-client';
import type { EventMetadata, RecordTurn, SessionEvent, StartSession } from '#domain';
import { commandHashScheme, decide, initialState, newSession, decideAll } from '#domain';
import { inParallel, retry } from '#platform';

/** While filling: events per append, and concurrent conversations. */
const chunk = 500;
const conversationsAtOnce = 8;

/** The turn that the benchmark records, as the body of a request. */
export const turn = {
  sender: 'user',
  message_text: 'My payout for October has not arrived, and the app shows nothing. Please look into it.',
  parsed_intent: 'ask_payment_status',
  intent_confidence: 0.93,
  extracted_entities: { month: 'October', order_id: 'ORD9823' },
} as const;

const command: Omit<RecordTurn, 'turn_id'> = {
  type: 'RecordTurn',
  ...turn,
  message_id: null,
  in_reply_to: null,
  bot_action: null,
  response: null,
};

const start: StartSession = {
  type: 'StartSession',
  partner_id: 'P-bench',
  channel: 'whatsapp',
  language: 'en',
  region: null,
  name: null,
  device: null,
  expires_in_s: 86_400,
  memory: null,
};

/** An event that records the turn, with exactly the size of the api's event. */
export function turnEvent(): EventData {
  const turn_id = randomUUID();
  const [event] = eventsOf(decide({ ...command, turn_id }, active, ''));
  if (event === undefined) throw new Error('A turn is an event.');
  return stored(event, `key:${turn_id}`);
}

const metadata: EventMetadata = {
  schema_version: 1,
  occurred_at: new Date().toISOString(),
  actor: { role: 'agent', id: 'bench' },
  $correlationId: randomUUID(),
};

/** A started session, on which a turn is decided. */
const active = (() => {
  const outcome = decideAll(newSession(randomUUID()), [start], {
    metadata: () => metadata,
    eventId: () => randomUUID(),
  });
  return 'session' in outcome ? outcome.session.state : initialState;
})();

function eventsOf(decision: ReturnType<typeof decide>): readonly SessionEvent[] {
  return 'events' in decision ? decision.events : [];
}

function stored({ type, data }: SessionEvent, command_id: string): EventData {
  const hash = createHash('sha256').update(command_id).digest('base64url').slice(0, 22);
  const command_hash = commandHashScheme + hash;
  return jsonEvent({
    type,
    data,
    metadata: { ...metadata, command_id, command_hash },
  });
}

/**
 * Writes conversations with this many turns directly into the store, a few concurrently. @returns the sessions' ids
 */
export async function fill(client: EventStoreDBClient, count: number, turns: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await inParallel(ids, conversationsAtOnce, (id) => fillOne(client, id, turns));
  return ids;
}

async function fillOne(client: EventStoreDBClient, id: string, turns: number): Promise<void> {
  const [begin] = eventsOf(decide(start, initialState, id));
  if (begin === undefined) throw new Error('A start is an event.');
  const stream = `session-${id}`;
  await client.appendToStream(stream, stored(begin, `start:${id}`), { expectedRevision: NO_STREAM });
  for (let done = 0; done < turns; done += chunk) {
    const events = Array.from({ length: Math.min(chunk, turns - done) }, turnEvent);
    // On a busy machine an append may time out; a retry stores the same events only once.
    await retry(() => client.appendToStream(stream, events, { expectedRevision: BigInt(done) }), {
      attempts: 5,
    });
  }
}
