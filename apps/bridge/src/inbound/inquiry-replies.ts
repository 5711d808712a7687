import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { JsonObject, SessionCommand } from '#domain';
import { canonicalJson } from '#domain';
import type { InquiryReply, NonRetryableError, Received } from '#messaging';
import { readReply, recognisedBy } from '#messaging';
import { Config } from '#platform';
import type { CommandRequest } from '#sessions';
import { CommandExecutor, CommandIdReusedError, CommandRejectedError } from '#sessions';
import { readOrError, toWorkerError } from './errors.ts';
import { exact } from './exact.ts';

/** The replies of sources to inquiries. */
@Injectable()
export class InquiryReplies {
  constructor(
    @Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>,
    @Inject(Config) private readonly config: Pick<Config, 'cell'>,
  ) {}

  /** Reads the messages of a chunk. */
  read(messages: readonly Received[]): (InquiryReply | NonRetryableError)[] {
    return messages.map((message) => readOrError(() => readReply(exact(message))));
  }

  /**
   * Records a reply in its session, once however often it arrives. A repeated id with other data counts as another
   * reply of the same source, and is usually recorded as a duplicate.
   * @returns false: its session is not in this cell
   * @throws NonRetryableError when the session rejects it
   */
  async record(reply: InquiryReply): Promise<boolean> {
    const command = commandOf(reply, new Date().toISOString());
    const { now: _now, origin: _origin, ...body } = command;
    try {
      await this.execute(reply, command, body, recognisedBy(reply.reply_id, commandId)).catch(
        async (error: unknown) => {
          if (!(error instanceof CommandIdReusedError)) throw error;
          const id = `${commandId(reply.reply_id)}#${hash('sha256', canonicalJson(body), 'base64url')}`;
          await this.execute(reply, command, body, { commandIds: [id] });
        },
      );
      return true;
    } catch (error) {
      if (this.isElsewhere(error)) return false;
      throw toWorkerError(error);
    }
  }

  /** Cells that share a Kafka all read all replies. The cell to which a session moves asks again. */
  private isElsewhere(error: unknown): boolean {
    if (!(error instanceof CommandRejectedError)) return false;
    const { code } = error.rejection;
    return code === 'session_elsewhere' || (code === 'session_not_found' && this.config.cell !== undefined);
  }

  private async execute(
    { session_id, source, reply_id }: InquiryReply,
    command: SessionCommand,
    body: JsonObject,
    recognition: Pick<CommandRequest, 'commandIds' | 'formerId'>,
  ): Promise<void> {
    await this.commands.execute({
      sessionId: session_id.toLowerCase(),
      commands: [command],
      actor: { role: 'system', id: source },
      ...recognition,
      body,
      causationId: reply_id,
    });
  }
}

function commandOf(
  reply: InquiryReply,
  now: string,
): Extract<SessionCommand, { type: 'AnswerInquiry' | 'FailInquirySource' }> {
  const { inquiry_id, source, attempt, reply_id, origin } = reply;
  const named = { inquiry_id: inquiry_id.toLowerCase(), source, attempt, reply_id, origin, now };
  if (reply.status === 'ok')
    return { type: 'AnswerInquiry', ...named, data: (reply.data ?? {}) as JsonObject };
  const { reason = 'failed', retryable = false } = reply;
  return { type: 'FailInquirySource', ...named, reason, retryable };
}

function commandId(identity: string): string {
  return `reply:${identity}`;
}
