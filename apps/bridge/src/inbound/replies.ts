import type { JsonObject, SessionCommand } from '#domain';
import type { CommandExecutor } from '#sessions';
import type { InquiryReply, Received, NonRetryableError } from '#messaging';
import { readReply } from '#messaging';
import { refusal, unreadable } from './external-updates.ts';

/** Reads the replies of a chunk. */
export async function readReplies(
  messages: readonly Received[],
): Promise<(InquiryReply | NonRetryableError)[]> {
  return messages.map((message) => {
    try {
      return readReply(message);
    } catch (error) {
      return unreadable(error);
    }
  });
}

/** Gives a reply to its session; once, however often it comes. */
export async function recordReply(commands: CommandExecutor, reply: InquiryReply): Promise<void> {
  const { session_id, source, reply_id } = reply;
  const command = commandOf(reply, new Date().toISOString());
  const { now: _now, ...body } = command;
  try {
    await commands.execute({
      sessionId: session_id.toLowerCase(),
      commands: [command],
      actor: { role: 'system', id: source },
      commandIds: [`reply:${reply_id}`],
      body,
      causationId: reply_id,
    });
  } catch (error) {
    throw refusal(error);
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
