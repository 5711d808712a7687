import type { RecordedEvent } from '#domain';

/** The frame that sends an event to the owner of its session. */
export function updateFrame(
  { sessionId, epoch }: { sessionId: string; epoch: number },
  event: RecordedEvent,
): object {
  const { event_id, type, revision, data, metadata } = event;
  const { occurred_at, actor, $correlationId: correlation_id, traceparent } = metadata;
  return {
    type: 'update',
    session_id: sessionId,
    epoch,
    revision,
    event: { event_id, type, revision, data, occurred_at, actor, correlation_id, traceparent },
  };
}
