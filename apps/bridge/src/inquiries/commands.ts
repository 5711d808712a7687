import { Inject, Injectable } from '@nestjs/common';
import type { SessionCommand } from '#domain';
import { CommandExecutor, CommandRejectedError } from '#sessions';
import type { Due, OpenInquiry } from './open-inquiries.ts';
import type { RefusedRequest } from './source-requests.ts';

/** The bridge's own commands for inquiries. A rejected command needs no further action. */
@Injectable()
export class InquiryCommands {
  constructor(@Inject(CommandExecutor) private readonly executor: Pick<CommandExecutor, 'execute'>) {}

  /** Closes an inquiry at its deadline; false: its session no longer exists. */
  close({ session_id, inquiry_id, due }: OpenInquiry): Promise<boolean> {
    const sent = [...due.values()].filter((request) => request.sent).map(({ source }) => source);
    return this.execute(session_id, {
      type: 'CloseInquiry',
      inquiry_id,
      sent,
      now: new Date().toISOString(),
    });
  }

  /** Continues without a source that is not asked. */
  async giveUpSource(
    { session_id, inquiry_id }: OpenInquiry,
    { source, attempt }: Due,
    reason: RefusedRequest | 'circuit_open',
  ): Promise<void> {
    await this.execute(session_id, {
      type: 'FailInquirySource',
      inquiry_id,
      source,
      attempt,
      reason,
      retryable: false,
      reply_id: null,
      now: new Date().toISOString(),
    });
  }

  private async execute(sessionId: string, command: SessionCommand): Promise<boolean> {
    const actor = { role: 'system', id: 'inquiries' } as const;
    try {
      await this.executor.execute({ sessionId, commands: [command], actor, commandIds: [], body: {} });
      return true;
    } catch (error) {
      if (!(error instanceof CommandRejectedError)) throw error;
      return error.rejection.code !== 'session_not_found';
    }
  }
}
