import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { JsonObject } from '#domain';
import { deduplicationIds } from '#domain';
import type { IncomingEvent, Received } from '#messaging';
import { NonRetryableError, readIncoming, recognisedBy } from '#messaging';
import type { Reference } from '#read-models';
import { sessionsConcerned } from '#read-models';
import { CommandExecutor, CommandRejectedError } from '#sessions';
import { readOrError, toWorkerError } from './errors.ts';
import { exact } from './exact.ts';

/** An external update and the sessions that it concerns. */
export interface AddressedUpdate {
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

/** The events of other systems that concern sessions. */
@Injectable()
export class ExternalUpdates {
  constructor(
    private readonly pool: Pool,
    @Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>,
  ) {}

  /** Reads the messages of a chunk and finds, with one query, the live sessions that each concerns. */
  async address(messages: readonly Received[]): Promise<(AddressedUpdate | NonRetryableError)[]> {
    const events = messages.map((message) => readOrError(() => readEvent(message)));
    const references = events.map((event) => (event instanceof NonRetryableError ? [] : referencesOf(event)));
    const sessions = await sessionsConcerned(this.pool, references);
    return events.map((event, index) =>
      event instanceof NonRetryableError ? event : { event, sessions: sessions[index] ?? [] },
    );
  }

  /**
   * Records an update in every session that it concerns; once, however often it is called.
   * @returns how many events were appended
   * @throws NonRetryableError when a session rejects it
   */
  async record({ event, sessions }: AddressedUpdate): Promise<number> {
    const counts = await Promise.all(sessions.map((sessionId) => this.recordIn(sessionId, event)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  private async recordIn(sessionId: string, event: IncomingEvent): Promise<number> {
    const { system, source_event_id } = event;
    const update = updateOf(event);
    try {
      const result = await this.commands.execute({
        sessionId,
        commands: [{ type: 'RecordExternalUpdate', ...update, source_event_id }],
        actor: { role: 'system', id: system },
        ...recognisedBy(source_event_id, (identity) => commandId(system, identity)),
        body: update,
        causationId: source_event_id,
      });
      return result.replayed ? 0 : result.events.length;
    } catch (error) {
      if (isOver(error)) return 0;
      throw toWorkerError(error);
    }
  }
}

/** The id under which the api, too, recognises the update. */
function commandId(system: string, source_event_id: string): string {
  return deduplicationIds({ system, source_event_id }).join();
}

function readEvent(message: Received): IncomingEvent {
  const event = readIncoming(message.topic.replace(/\.events$/, ''), exact(message));
  if (JSON.stringify(event.data).length <= dataLimit) return event;
  throw new NonRetryableError('schema_broken', `data has more than ${dataLimit} characters of JSON`);
}

/** An unknown version may mean something else by its fields: it is kept apart and concerns no reference. */
function updateOf(event: IncomingEvent): {
  system: string;
  kind: string;
  reference: string | null;
  data: JsonObject;
} {
  const { system, kind, known, version } = event;
  const content = event.data as JsonObject;
  if (!known) return { system, kind, reference: null, data: { version, content } };
  return { system, kind, reference: mainReference(event), data: content };
}

/** The session ended while the message was on its way: the update does not concern it any more. */
function isOver(error: unknown): boolean {
  if (!(error instanceof CommandRejectedError)) return false;
  return error.rejection.code === 'session_over' || error.rejection.code === 'session_not_found';
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
