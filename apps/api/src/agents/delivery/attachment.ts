import type { RecordedEvent } from '#domain';
import { isAgentEvent, isUpdateFor } from '#domain';
import type { StreamNotification } from '#read-models';
import type { Member } from '../registry/registry.ts';

/** An update that the instance has not acknowledged yet. */
interface Sent {
  readonly revision: number;
  readonly occurredAt: number;
}

/** The instance's connection, as its sessions use it. */
export interface Outlet {
  readonly member: Member;
  readonly echo: boolean;
  readonly draining: boolean;
  readonly isOpen: boolean;
  readonly hasRoom: boolean;
  readonly attachments: Map<string, Attachment>;
  send(frame: object): void;
  schedule(attachment: Attachment): void;
}

/** Updates of one session that may wait for their acknowledgement; the next ones wait in the stream. */
const windowSize = 64;

/** What became of an event: no update, an update that was sent, or the end of the attachment. */
type Step = 'passed' | 'sent' | { readonly lost: RecordedEvent };

/** A session that an instance connected to this node holds. All that is kept of it in memory is how far it came. */
export class Attachment {
  /** The last revision that was read: updates up to it are sent, the others passed over. */
  read: number;
  /** Up to here the stream is known to have grown. */
  target: number;
  private sent: Sent[] | undefined;
  /** Acknowledged by the instance, not yet in the stream. */
  acks: { revision: number; latency_ms: number }[] | undefined;
  lastFlush = 0;
  flushing = false;
  over = false;
  closed = false;
  handoffAsked = false;
  /** It is being read right now. */
  busy = false;
  /** It has to be read to the end, whatever is known of the stream's growth. */
  whole = true;

  constructor(
    readonly sessionId: string,
    readonly connection: Outlet,
    readonly epoch: number,
    after: number,
    /** Updates up to here were dealt with on an earlier connection, which may have broken before it could be written. */
    private readonly handled = after,
  ) {
    this.read = after;
    this.target = after;
  }

  /** For the wakes: a message that the stream has grown. */
  readonly onNotification = (wake: StreamNotification): void => {
    if (this.closed || wake.last <= this.read) return;
    if (wake.quiet && wake.first <= this.read + 1 && !this.connection.echo && this.target <= this.read) {
      this.read = wake.last;
      this.target = wake.last;
      return;
    }
    this.target = Math.max(this.target, wake.last);
    this.connection.schedule(this);
  };

  /** Whether there is something to read. */
  get hasNews(): boolean {
    return !this.closed && (this.whole || this.target > this.read);
  }

  /** Whether the next update may be sent. */
  get hasRoom(): boolean {
    return (this.sent?.length ?? 0) < windowSize;
  }

  /** The time (ms) of the oldest update that waits for its acknowledgement. */
  get oldestUnacknowledged(): number | undefined {
    return this.sent?.[0]?.occurredAt;
  }

  get settled(): boolean {
    return (this.sent?.length ?? 0) === 0 && (this.acks?.length ?? 0) === 0;
  }

  /** Takes the next event of the stream: sends it if it is an update for the instance. */
  take(event: RecordedEvent): Step {
    if (event.revision <= this.read) return 'passed';
    this.read = event.revision;
    this.target = Math.max(this.target, this.read);
    if (event.type === 'AgentAttached' && event.data.epoch > this.epoch) return { lost: event };
    if (event.type === 'AgentDetached' && event.data.epoch === this.epoch) return { lost: event };
    if (event.type === 'SessionEnded' || event.type === 'SessionExpired') this.over = true;
    const { instance } = this.connection.member;
    const wanted = this.connection.echo
      ? !isAgentEvent(event.type)
      : isUpdateFor({ instance, epoch: this.epoch }, event);
    if (!wanted) return 'passed';
    const occurredAt = Date.parse(event.metadata.occurred_at);
    if (event.revision <= this.handled) {
      const latency_ms = Math.max(0, Date.now() - occurredAt);
      this.acks = [...(this.acks ?? []), { revision: event.revision, latency_ms }];
      return 'passed';
    }
    (this.sent ??= []).push({ revision: event.revision, occurredAt });
    this.connection.send(updateFrame(this, event));
    return 'sent';
  }

  /** Whether events that this process has just appended can be taken as they are, without reading the stream. */
  follows(events: readonly RecordedEvent[]): boolean {
    const first = events[0]?.revision;
    return first === this.read + 1 && !this.busy && !this.hasNews && this.hasRoom && this.connection.hasRoom;
  }

  /** The instance has dealt with the updates up to a revision. */
  acknowledge(revision: number): void {
    const now = Date.now();
    const done = this.sent?.filter((item) => item.revision <= revision) ?? [];
    if (done.length === 0) return;
    const blocked = !this.hasRoom;
    this.sent = this.sent?.slice(done.length);
    if (this.sent?.length === 0) this.sent = undefined;
    const acks = done.map((item) => ({
      revision: item.revision,
      latency_ms: Math.max(0, now - item.occurredAt),
    }));
    this.acks = [...(this.acks ?? []), ...acks];
    if (blocked) this.connection.schedule(this);
  }
}

function updateFrame({ sessionId, epoch }: Attachment, event: RecordedEvent): object {
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
