import type { RecordedEvent } from '#domain';
import type { Attachment } from './attachment.ts';

/** The frame that sends an event to the owner of its session. */
export function updateFrame(
  { sessionId, epoch }: Pick<Attachment, 'sessionId' | 'epoch'>,
  event: RecordedEvent,
): object {
  const { event_id, type, revision, data, metadata } = event;
  const { occurred_at, actor, $correlationId: correlation_id } = metadata;
  return {
    type: 'update',
    session_id: sessionId,
    epoch,
    revision,
    event: { event_id, type, revision, data, occurred_at, actor, correlation_id },
  };
}
