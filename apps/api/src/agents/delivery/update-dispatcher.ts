import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { RecordedEvent } from '#domain';
import { EventStore, readEvents } from '#sessions';
import type { Logger } from '#platform';
import { InjectLogger, jsonSize, sleep } from '#platform';
import type { Appended } from '#sessions';
import { notificationFor } from '#read-models';
import { AppendAnnouncer } from '../../common/append-announcer.ts';
import { AgentCommands } from '../common/agent-commands.ts';
import { AgentMetrics } from '../common/metrics.ts';
import { Registry } from '../registry/registry.ts';
import { AckBatcher } from './ack-batcher.ts';
import type { Attachment } from './attachment.ts';
import { DeliveryRecords } from './delivery-records.ts';
import { Notifier } from './notifier.ts';

/** Events read at a time for one session before another session of the same instance is read. */
const pageSize = 64;
/** Approximate bytes read at a time. */
const stepBytes = 128 * 1024;
/** Pause before a failed read is repeated, in milliseconds. */
const retryMs = 500;

/** Delivers new events of sessions to their owners on this node. */
@Injectable()
export class UpdateDispatcher implements BeforeApplicationShutdown {
  private readonly attachments = new Map<string, Attachment>();
  private readonly acks: AckBatcher;
  private readonly stopping = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly registry: Registry,
    private readonly notifier: Notifier,
    private readonly metrics: AgentMetrics,
    private readonly records: DeliveryRecords,
    commands: AgentCommands,
    announcer: AppendAnnouncer,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.acks = new AckBatcher(commands, (attachment) => this.releaseWhenFinished(attachment));
    metrics.watchUnacknowledged(() => this.oldestUnacknowledged());
    announcer.subscribe((appended) => this.onAppended(appended));
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** How many sessions are delivered. */
  get size(): number {
    return this.attachments.size;
  }

  /** Begins to deliver a session's updates to its owner; replaces an attachment of the same epoch or an earlier one. */
  async add(attachment: Attachment): Promise<void> {
    const { sessionId } = attachment;
    if (!attachment.isConnected) return;
    const before = this.attachments.get(sessionId);
    // Another instance has attached the session since this one was registered.
    if (before && before.epoch > attachment.epoch) {
      const { instance, epoch, pool } = before;
      attachment.close('replaced', { holder: { instance, epoch, pool } });
      return;
    }
    if (before) this.remove(before, 'replaced');
    this.attachments.set(sessionId, attachment);
    attachment.open();
    await this.notifier.watch(sessionId, attachment.onNotification);
    attachment.readAgain();
  }

  /** Ends the delivery of a session's updates. If a reason is given, it is sent to the instance. */
  remove(attachment: Attachment, reason?: string, more?: object): void {
    const { sessionId } = attachment;
    attachment.close(reason, more);
    if (this.attachments.get(sessionId) === attachment) this.attachments.delete(sessionId);
    this.notifier.unwatch(sessionId, attachment.onNotification);
  }

  get(sessionId: string): Attachment | undefined {
    return this.attachments.get(sessionId);
  }

  sessionIds(): MapIterator<string> {
    return this.attachments.keys();
  }

  all(): MapIterator<Attachment> {
    return this.attachments.values();
  }

  /** An instance has handled the updates of a session up to a revision, or has skipped the last one. */
  acknowledge(attachment: Attachment, revision: number, skipped?: string): void {
    const wasWaiting = attachment.acknowledge(revision, skipped);
    this.acks.add(attachment);
    if (!wasWaiting || skipped === undefined) return;
    const { sessionId: session_id, instance } = attachment;
    this.metrics.skipped.inc();
    this.logger.warn({ session_id, revision, instance, reason: skipped }, 'an agent skipped an update');
  }

  /** Writes the acknowledgements that have waited long enough. */
  flushAcks(): void {
    this.acks.flushDue();
  }

  /** Reads and sends a session's new events; resolves to whether there is more. Never rejects. */
  async deliver(attachment: Attachment): Promise<boolean> {
    const reading = attachment.startReading();
    if (reading === undefined) return false;
    const { sessionId } = attachment;
    const events: RecordedEvent[] = [];
    let bytes = 0;
    try {
      const page = { from: reading.from, limit: pageSize, stepBytes };
      for await (const event of readEvents(this.store, sessionId, page)) {
        events.push(event);
        bytes += jsonSize(event.data);
        if (bytes >= stepBytes) break;
      }
      if (events.length > 0) await this.records.record(attachment);
    } catch (err) {
      this.logger.debug(
        { err, session_id: sessionId },
        'reading a session for its agent failed; it is retried',
      );
      // The events read before the failure are complete.
      if (this.records.isRecorded(attachment)) this.receiveAll(attachment, events);
      attachment.finishReading(reading, false);
      void this.readLater(attachment);
      return false;
    }
    const allReceived = this.receiveAll(attachment, events);
    const isComplete = allReceived && bytes < stepBytes && events.length < pageSize;
    const more = attachment.finishReading(reading, isComplete);
    this.releaseWhenFinished(attachment);
    return more;
  }

  private oldestUnacknowledged(): number | undefined {
    let oldest: number | undefined;
    for (const { oldestUnacknowledged: time = Infinity } of this.attachments.values())
      if (time < (oldest ?? Infinity)) oldest = time;
    return oldest;
  }

  private async readLater(attachment: Attachment): Promise<void> {
    await sleep(retryMs, this.stopping.signal);
    attachment.readAgain();
  }

  /**
   * Delivers events that this process has appended directly if the owner is connected here; otherwise notifies the
   * owner's node.
   */
  private onAppended(appended: Appended): void {
    const { session, events } = appended;
    const notification = notificationFor(appended);
    if (!notification) return;
    const attachment = this.attachments.get(session.session_id);
    if (attachment?.follows(events)) this.receiveDirectly(attachment, events);
    this.notifier.notify(session.session_id, notification);
    const isOwner = attachment !== undefined && attachment.epoch === session.state.agent.epoch;
    if (!isOwner) this.notifier.notifyOwner(appended);
    const { pool } = session.state.agent;
    if (session.state.session.status !== 'active' && pool !== null)
      this.registry.forgetWaiting(session.session_id, pool);
  }

  /** An update that needs a record before it is sent is read from the stream like those of other processes. */
  private receiveDirectly(attachment: Attachment, events: readonly RecordedEvent[]): void {
    const isAll = this.records.isRecorded(attachment) && this.receiveAll(attachment, events);
    if (!isAll) attachment.readAgain();
  }

  /** Receives consecutive events and sends their updates; false when there was no room for all of them. */
  private receiveAll(attachment: Attachment, events: readonly RecordedEvent[]): boolean {
    for (const event of events) {
      if (attachment.isClosed) return true;
      if (!attachment.hasRoom) return false;
      const received = attachment.receive(event);
      if (received === 'sent') this.metrics.delivered(event);
      if (typeof received !== 'object') continue;
      this.removeLost(attachment, received.lostBy);
      return true;
    }
    this.acks.add(attachment);
    this.releaseWhenFinished(attachment);
    return true;
  }

  /** The stream shows another owner of the session, or none. */
  private removeLost(attachment: Attachment, { type, data }: RecordedEvent): void {
    if (type === 'AgentAttached') {
      const { instance, epoch, pool } = data;
      this.remove(attachment, 'replaced', { holder: { instance, epoch, pool } });
      if (pool !== attachment.pool) this.leavePool(attachment);
    } else if (type === 'AgentDetached') {
      this.remove(attachment, data.reason);
    } else if (type === 'SessionMoved') {
      // What is not acknowledged comes again in the other cell: no acknowledgement is recorded here any more.
      const { from, to } = data;
      this.remove(attachment, 'moved', { from, to });
      this.leavePool(attachment);
    }
  }

  /**
   * A session that changed its pool: the registry's keys of one pool do not know the other. Not awaited: the next
   * owner corrects a failure.
   */
  private leavePool({ sessionId, pool, instance, epoch }: Attachment): void {
    this.registry.detach(sessionId, pool, instance, epoch).catch(() => undefined);
  }

  /** Releases an ended session once everything is delivered. */
  private releaseWhenFinished(attachment: Attachment): void {
    if (!attachment.isFinished) return;
    this.remove(attachment, 'session_over');
    this.leavePool(attachment);
  }
}
