import { Inject, Injectable } from '@nestjs/common';
import type { JsonObject, SessionCommand } from '#domain';
import type { InquiryReply, NonRetryableError, Received } from '#messaging';
import { readReply, recognisedBy } from '#messaging';
import { CommandExecutor } from '#sessions';
import { readOrError, toWorkerError } from './errors.ts';
import { exact } from './exact.ts';

/** The replies of sources to inquiries. */
@Injectable()
export class InquiryReplies {
  constructor(@Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>) {}

  /** Reads the messages of a chunk. */
  read(messages: readonly Received[]): (InquiryReply | NonRetryableError)[] {
    return messages.map((message) => readOrError(() => readReply(exact(message))));
  }

  /**
   * Records a reply in its session; once, however often it comes.
   * @throws NonRetryableError when the session rejects it
   */
  async record(reply: InquiryReply): Promise<void> {
    const { session_id, source, reply_id } = reply;
    const command = commandOf(reply, new Date().toISOString());
    const { now: _now, ...body } = command;
    try {
      await this.commands.execute({
        sessionId: session_id.toLowerCase(),
        commands: [command],
        actor: { role: 'system', id: source },
        ...recognisedBy(reply_id, (identity) => `reply:${identity}`),
        body,
        causationId: reply_id,
      });
    } catch (error) {
      throw toWorkerError(error);
    }
  }
}

function commandOf(
  reply: InquiryReply,
  now: string,
): Extract<SessionCommand, { type: 'AnswerInquiry' | 'FailInquirySource' }> {
  const { inquiry_id, source, attempt, reply_id } = reply;
  const named = { inquiry_id: inquiry_id.toLowerCase(), source, attempt, reply_id, now };
  if (reply.status === 'ok')
    return { type: 'AnswerInquiry', ...named, data: (reply.data ?? {}) as JsonObject };
  const { reason = 'failed', retryable = true } = reply;
  return { type: 'FailInquirySource', ...named, reason, retryable };
}
