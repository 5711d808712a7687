import { Inject, Injectable } from '@nestjs/common';
import type { JsonObject, RecordedEvent } from '#domain';
import { canonicalJson, deduplicationIds } from '#domain';
import { recognisedBy } from '#messaging';
import { Semaphore, uuidV5 } from '#platform';
import { CommandExecutor, CommandIdReusedError, CommandRejectedError } from '#sessions';
import type { Update } from './update.ts';

/** The result for an update in a session; `over`: the session has ended, so the update no longer concerns it. */
type Recording = 'recorded' | 'known' | 'over';

/** The namespace of the correlation ids of updates: an update has the same id in all sessions. */
const correlations = '7d0f4a0e-5a3c-4a53-9a5e-0b0c6f0f2b15';
/** Updates recorded concurrently, each 64 KB at most, from all sources of updates. */
const atOnce = 32;

/**
 * Thrown when processing stops while updates are being recorded: the rest is recorded when they are delivered again.
 */
export class InterruptedError extends Error {
  constructor() {
    super('The work ends.');
  }
}

/** Records external updates in sessions. */
@Injectable()
export class UpdateRecorder {
  private readonly room = new Semaphore(atOnce);

  constructor(@Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>) {}

  /**
   * Records an update in a session, once however often and by whichever process it is called.
   * @param beforeSession it arrived before the session began
   * @throws the errors of `CommandExecutor.execute`, except when the session is over
   */
  record(sessionId: string, update: Update, beforeSession = false): Promise<Recording> {
    return this.room.run(() => this.execute(sessionId, update, beforeSession));
  }

  private async execute(sessionId: string, update: Update, beforeSession: boolean): Promise<Recording> {
    const { system, kind, reference, data, source_event_id } = update;
    const marked = beforeSession && { before_session: true };
    try {
      const { replayed } = await this.commands.execute({
        sessionId,
        commands: [{ type: 'RecordExternalUpdate', ...update, ...marked }],
        actor: { role: 'system', id: system },
        ...recognisedBy(source_event_id, (identity) => commandId(system, identity)),
        // The same in every release: most repetitions are recognised by it.
        body: { system, kind, reference, data },
        correlationId: uuidV5(source_event_id, correlations),
        causationId: source_event_id,
      });
      return replayed ? 'known' : 'recorded';
    } catch (error) {
      if (isOver(error)) return 'over';
      if (error instanceof CommandIdReusedError && isOf(data, error.events)) return 'known';
      throw error;
    }
  }
}

/** Whether an event recorded the same data; the declarations may have resolved them differently. */
function isOf(data: JsonObject, events: readonly RecordedEvent[]): boolean {
  return events.some(
    (event) => event.type === 'ExternalUpdateRecorded' && sent(event.data.data) === sent(data),
  );
}

/** The data that the system sent, in one form, whether their version was known or not. */
function sent(data: JsonObject): string {
  const { version, content, ...more } = data;
  const isOfUnknownVersion =
    typeof version === 'number' && content !== undefined && Object.keys(more).length === 0;
  return canonicalJson(isOfUnknownVersion ? content : data);
}

/** The id by which the api recognises the update, too. */
function commandId(system: string, source_event_id: string): string {
  return deduplicationIds({ system, source_event_id }).join();
}

function isOver(error: unknown): boolean {
  if (!(error instanceof CommandRejectedError)) return false;
  // When the session arrives in the other cell, the kept updates are recorded there.
  return ['session_over', 'session_not_found', 'session_elsewhere'].includes(error.rejection.code);
}
