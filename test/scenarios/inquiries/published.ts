import { randomUUID } from 'node:crypto';
import { publicEvent } from '../../../apps/bridge/src/outbound/public-event.ts';
import type { CloudEvent } from '#messaging';
import { conversationSchemas, conversationTopic, schemaError } from '#messaging';
import { waitUntil } from '#platform';
import type { ConnectedSystem } from '../clients.ts';
import { allEvents } from '../clients.ts';

/** The events in `conversation.events` compared with the streams. */
export interface PublishedEvents {
  readonly expected: number;
  readonly missing: readonly string[];
  /** Events published after a later one of their session. */
  readonly outOfOrder: readonly string[];
  /** Events that do not match the schema of their type. */
  readonly invalid: readonly string[];
}

/**
 * Compares the public events of this system's sessions with its streams; a repeated event with the same id counts
 * once.
 */
export async function comparePublished({ kafka, store }: ConnectedSystem): Promise<PublishedEvents> {
  const events = await allEvents(store);
  const expected = new Set(
    events
      .filter(({ session_id, event }) => publicEvent(session_id, event))
      .map(({ event }) => event.event_id),
  );
  const reader = new PublishedReader(new Set(events.map(({ session_id }) => session_id)));
  const missing = (): string[] => [...expected].filter((id) => !reader.ids.has(id));
  const consumer = kafka.consumer({ groupId: `scenario-${randomUUID()}`, maxWaitTimeInMs: 300 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [conversationTopic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => reader.read(JSON.parse(String(message.value)) as CloudEvent),
    });
    // Missing ones are a result of the scenario, not an error.
    await waitUntil(() => missing().length === 0, { timeoutMs: 120_000, everyMs: 200 }).catch(
      () => undefined,
    );
  } finally {
    await consumer.disconnect();
  }
  const { outOfOrder, invalid } = reader;
  return { expected: expected.size, missing: missing(), outOfOrder, invalid };
}

class PublishedReader {
  readonly ids = new Set<string>();
  readonly outOfOrder: string[] = [];
  readonly invalid: string[] = [];
  private readonly revisions = new Map<string, number>();

  /** Events of other sessions belong to other systems on the same Kafka. */
  constructor(private readonly sessions: ReadonlySet<string>) {}

  read({ id, type, data }: CloudEvent): void {
    const { session_id, revision } = data as { session_id: string; revision: number };
    if (this.ids.has(id) || !this.sessions.has(session_id)) return;
    this.ids.add(id);
    const fault = schemaError(conversationSchemas[type] ?? { not: {} }, data);
    if (fault !== undefined) this.invalid.push(`${type}: ${fault}`);
    if (revision < (this.revisions.get(session_id) ?? -1)) this.outOfOrder.push(id);
    this.revisions.set(session_id, revision);
  }
}
