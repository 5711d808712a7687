import type { Pool } from 'pg';
import type { JsonObject } from '#domain';
import { deduplicationIds } from '#domain';
import type { CommandExecutor } from '#sessions';
import { CommandIdReusedError, CommandRejectedError } from '#sessions';
import type { IncomingEvent, Received } from '#messaging';
import { readIncoming, NonRetryableError } from '#messaging';
import type { Reference } from '#read-models';
import { sessionsConcerned } from '#read-models';

/** An event with the sessions that it concerns. */
export interface Addressed {
  readonly event: IncomingEvent;
  readonly sessions: readonly string[];
}

/** The fields that say what an event concerns, and what its subject names, by system. */
const referenceFields = {
  order_id: 'order',
  payout_id: 'payout',
  tracking_id: 'tracking',
  partner_id: 'partner',
} as const;
const subjectKinds: { readonly [system: string]: string } = {
  orders: 'order',
  logistics: 'tracking',
  payments: 'payout',
  onboarding: 'partner',
};
/** Larger data (characters of JSON) does not belong into a conversation. */
const dataLimit = 65_536;

/** Reads the messages of a chunk and finds, with one query, the live sessions that each concerns. */
export async function addressIncoming(
  pool: Pool,
  messages: readonly Received[],
): Promise<(Addressed | NonRetryableError)[]> {
  const events = messages.map(readOrFault);
  const references = events.map((event) => (event instanceof NonRetryableError ? [] : referencesOf(event)));
  const sessions = await sessionsConcerned(pool, references);
  return events.map((event, index) =>
    event instanceof NonRetryableError ? event : { event, sessions: sessions[index] ?? [] },
  );
}

/** Records an event in every session that it concerns; once, however often it is called. */
export async function recordIncoming(
  commands: CommandExecutor,
  { event, sessions }: Addressed,
): Promise<number> {
  const { system, source_event_id } = event;
  const data: JsonObject = event.known
    ? (event.data as JsonObject)
    : { version: event.version, content: event.data as JsonObject };
  // A version that is not known may mean something else by its fields: it stands by itself and touches nothing.
  const reference = event.known ? mainReference(event) : null;
  const update = { system, kind: event.kind, reference, data };
  const done = await Promise.all(
    sessions.map(async (sessionId) => {
      try {
        const result = await commands.execute({
          sessionId,
          commands: [{ type: 'RecordExternalUpdate', ...update, source_event_id }],
          actor: { role: 'system', id: system },
          commandIds: deduplicationIds({ system, source_event_id }),
          body: update,
          causationId: source_event_id,
        });
        return result.replayed ? 0 : result.events.length;
      } catch (error) {
        if (isOver(error)) return 0;
        throw refusal(error);
      }
    }),
  );
  return done.reduce((sum, count) => sum + count, 0);
}

/** What the domain refuses is refused for good; any other error is handed on. */
export function refusal(error: unknown): unknown {
  if (error instanceof CommandRejectedError) {
    return new NonRetryableError('refused', `${error.rejection.code}: ${error.rejection.reason}`);
  }
  if (error instanceof CommandIdReusedError) {
    return new NonRetryableError(
      'refused',
      'An event of the same source and id came before with other data.',
    );
  }
  return error;
}

/** The conversation ended while the message was on its way: it concerns nobody any more. */
function isOver(error: unknown): boolean {
  if (!(error instanceof CommandRejectedError)) return false;
  return error.rejection.code === 'session_over' || error.rejection.code === 'session_not_found';
}

function readOrFault(message: Received): IncomingEvent | NonRetryableError {
  try {
    const event = readIncoming(message.topic.replace(/\.events$/, ''), message);
    if (JSON.stringify(event.data).length <= dataLimit) return event;
    return new NonRetryableError('schema_broken', `data has more than ${dataLimit} characters of JSON`);
  } catch (error) {
    return unreadable(error);
  }
}

/** Reading asks no engine, so whatever goes wrong there goes wrong again. */
export function unreadable(error: unknown): NonRetryableError {
  return error instanceof NonRetryableError ? error : new NonRetryableError('schema_broken', String(error));
}

/** A reference that the index cannot hold names no session. */
function referencesOf({ system, subject, data }: IncomingEvent): Reference[] {
  const named = Object.entries(referenceFields).map(([field, kind]) => ({ kind, reference: data[field] }));
  const kind = subjectKinds[system];
  const all = kind === undefined ? named : [...named, { kind, reference: subject }];
  return all.filter(
    (item): item is Reference => typeof item.reference === 'string' && !item.reference.includes('\0'),
  );
}

function mainReference({ subject, data }: IncomingEvent): string | null {
  const named = Object.keys(referenceFields).map((field) => data[field]);
  return named.find((reference) => typeof reference === 'string') ?? subject;
}
