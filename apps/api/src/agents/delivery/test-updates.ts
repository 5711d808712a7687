import type { EventMetadata, RecordedEvent, SessionEvent } from '#domain';
import type { Outlet } from './attachment.ts';
import { Attachment } from './attachment.ts';
import type { Frame } from '../testing/test-agent.ts';

/** The time of every event in these specs (ms). */
export const occurredAt = Date.parse('2026-01-05T09:00:00.000Z');

const metadata: EventMetadata = {
  schema_version: 1,
  occurred_at: new Date(occurredAt).toISOString(),
  actor: { role: 'system', id: 'spec' },
  $correlationId: 'correlation',
};

const flag: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: true } };

/** An event of a stream; by default an update for the owner of the session. */
export function recorded(
  revision: number,
  event: SessionEvent = flag,
  more: Partial<EventMetadata> = {},
): RecordedEvent {
  return { ...event, event_id: `event-${revision}`, revision, metadata: { ...metadata, ...more } };
}

/** An owner's connection that records what is sent and scheduled. */
export class TestOutlet implements Outlet {
  readonly member = { instance: 'bot-1', pool: 'support', capacity: 5, conn: 'conn', attempt: 1 };
  readonly frames: Frame[] = [];
  readonly scheduled: Attachment[] = [];
  readonly attached = new Set<Attachment>();
  includeOwnEvents = false;
  isOpen = true;
  hasRoom = true;

  send(frame: object): void {
    this.frames.push(frame as Frame);
  }

  schedule(attachment: Attachment): void {
    this.scheduled.push(attachment);
  }

  attach(attachment: Attachment): void {
    this.attached.add(attachment);
  }

  detach(attachment: Attachment): void {
    this.attached.delete(attachment);
  }

  get updates(): unknown[] {
    return this.frames.filter(({ type }) => type === 'update').map(({ revision }) => revision);
  }
}

/** An attachment at epoch 1 that has read its stream up to revision 4. */
export function upToDate(outlet: Outlet, sessionId = 'session'): Attachment {
  const attachment = new Attachment(sessionId, outlet, 1, 4);
  const reading = attachment.startReading();
  if (reading) attachment.finishReading(reading, true);
  return attachment;
}
