import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { JsonObject, ResolvedUpdate } from '#domain';
import { deduplicationIds } from '#domain';
import type { Received } from '#messaging';
import { NonRetryableError } from '#messaging';
import type { Reference } from '#read-models';
import { sessionsConcerned } from '#read-models';
import { CommandExecutor, CommandRejectedError } from '#sessions';
import type { IncomingEvent } from './declared-events.ts';
import { DeclaredEvents } from './declared-events.ts';
import { readOrError, toWorkerError } from './errors.ts';

/** An external update and the sessions that it concerns. */
export interface AddressedUpdate {
  readonly event: IncomingEvent;
  readonly sessions: readonly string[];
}

/** The events of other systems that concern sessions. */
@Injectable()
export class ExternalUpdates {
  constructor(
    private readonly pool: Pool,
    private readonly events: DeclaredEvents,
    @Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>,
  ) {}

  /** Reads the messages of a chunk and finds, with one query, the live sessions that each concerns. */
  async address(messages: readonly Received[]): Promise<(AddressedUpdate | NonRetryableError)[]> {
    const events = messages.map((message) => readOrError(() => this.events.read(message)));
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
        commands: [{ type: 'RecordExternalUpdate', ...update, ...resolvedOf(event), source_event_id }],
        actor: { role: 'system', id: system },
        commandIds: deduplicationIds({ system, source_event_id }),
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

/** An unknown version may mean something else by its fields: it is kept apart and concerns no reference. */
function updateOf(event: IncomingEvent): {
  system: string;
  kind: string;
  reference: string | null;
  data: JsonObject;
} {
  const { system, kind, known, version, data } = event;
  if (!known) return { system, kind, reference: null, data: { version, content: data } };
  return { system, kind, reference: mainReference(event), data };
}

/** The session ended while the message was on its way: the update does not concern it any more. */
function isOver(error: unknown): boolean {
  if (!(error instanceof CommandRejectedError)) return false;
  return error.rejection.code === 'session_over' || error.rejection.code === 'session_not_found';
}

/** What is no part of the update's content: an older release, which did not resolve it, knows it as the same update. */
function resolvedOf({
  known,
  references,
  status,
  occurred_at_source,
  public_text,
}: IncomingEvent): ResolvedUpdate {
  return known ? { references, status, occurred_at_source, public_text } : {};
}

function referencesOf({ references }: IncomingEvent): Reference[] {
  return Object.entries(references).map(([kind, reference]) => ({ kind, reference: reference as string }));
}

function mainReference({ subject, references }: IncomingEvent): string | null {
  const { order, payout, tracking, partner } = references;
  return order ?? payout ?? tracking ?? partner ?? subject;
}
