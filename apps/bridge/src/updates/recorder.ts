import { Inject, Injectable } from '@nestjs/common';
import { deduplicationIds } from '#domain';
import { recognisedBy } from '#messaging';
import { Semaphore } from '#platform';
import { CommandExecutor, CommandRejectedError } from '#sessions';
import type { Update } from './update.ts';

/** What became of an update in a session; `over`: it is over, so that the update does not concern it any more. */
export type Recording = 'recorded' | 'known' | 'over';

/** Updates that are recorded at a time, each 64 KB at most, whatever they came with. */
const atOnce = 32;

/** Thrown when the work ends while updates are being recorded: what is left is recorded when they come again. */
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
   * Records an update in a session; once, however often it is called and by whomever.
   * @param beforeSession it came in before the session began
   * @throws what `CommandExecutor.execute` throws, unless the session is over
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
        // What tells a repetition from other data under the same id: the same in every release.
        body: { system, kind, reference, data },
        causationId: source_event_id,
      });
      return replayed ? 'known' : 'recorded';
    } catch (error) {
      if (isOver(error)) return 'over';
      throw error;
    }
  }
}

/** The id under which the api, too, recognises the update. */
function commandId(system: string, source_event_id: string): string {
  return deduplicationIds({ system, source_event_id }).join();
}

function isOver(error: unknown): boolean {
  if (!(error instanceof CommandRejectedError)) return false;
  return error.rejection.code === 'session_over' || error.rejection.code === 'session_not_found';
}
