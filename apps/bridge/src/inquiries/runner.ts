import { Inject, Injectable } from '@nestjs/common';
import type { InquiryEvent, RecordedEvent } from '#domain';
import type { Logger } from '#platform';
import { InjectLogger, isUnavailable, retry, sleep } from '#platform';
import type { Delivery } from '#sessions';
import { PositionBeyondEndError, streamMatches } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { OutboundPartitions } from '../outbound/partitions.ts';
import type { ReadSession, Subscribe } from '../common/session-events.ts';
import { READ_SESSION, SUBSCRIBE } from '../common/session-events.ts';
import { InquiryCheckpoint } from './checkpoint.ts';
import { windowSeconds } from './circuit.ts';
import { Circuits } from './circuits.ts';
import { Deadlines } from './deadlines.ts';
import type { Change, OpenInquiry } from './open-inquiries.ts';
import { OpenInquiries } from './open-inquiries.ts';
import { isReadable } from './readable.ts';
import { RequestScheduler } from './request-scheduler.ts';

const saveEveryMs = 1_000;
/**
 * How old a saved checkpoint is, in seconds: a starting instance also reads the events that its circuits have to
 * count.
 */
const checkpointAge = windowSeconds;
const patience = { minMs: 100, maxMs: 5_000 };

/**
 * Asks the sources of open inquiries and closes inquiries at their deadline. Its state is a fold of the inquiries'
 * events: an instance that starts, or takes over, reads from before the oldest open one.
 */
@Injectable()
export class InquiryRunner {
  private readonly inquiries = new OpenInquiries();
  private signal: AbortSignal = AbortSignal.abort();
  private live = false;
  private started = 0;
  /** The checkpoints of the last seconds, the latest first. */
  private recent: (bigint | undefined)[] = [];

  constructor(
    @Inject(SUBSCRIBE) private readonly subscribe: Subscribe,
    @Inject(READ_SESSION) private readonly readSession: ReadSession,
    @Inject(InquiryCheckpoint)
    private readonly checkpoint: Pick<InquiryCheckpoint, 'clear' | 'load' | 'save'>,
    private readonly deadlines: Deadlines,
    private readonly requests: RequestScheduler,
    private readonly circuits: Circuits,
    private readonly metrics: BridgeMetrics,
    @Inject(OutboundPartitions) partitions: Pick<OutboundPartitions, 'onTaken'>,
    @InjectLogger() private readonly logger: Logger,
  ) {
    metrics.observeOldestInquiry(() => this.inquiries.oldest);
    partitions.onTaken((prefixes) => this.takeOver(prefixes));
  }

  /** How many inquiries are open. */
  get open(): number {
    return this.inquiries.size;
  }

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    let after = await this.loadCheckpoint();
    this.started = Date.now();
    const saving = this.saveCheckpoints();
    while (!(await this.follow(after))) after = 'start';
    await Promise.all([saving, this.deadlines.stop()]);
  }

  /** Follows the inquiries until the signal; false: the event store was restored to a state before the position. */
  private async follow(after: bigint | 'start'): Promise<boolean> {
    const { signal } = this;
    const onInterruption = (err: unknown): void =>
      this.logger.warn({ err }, 'inquiry subscription interrupted');
    try {
      for await (const delivery of this.subscribe({
        types: ['Inquiry', 'SessionMoved', 'SessionArrived'],
        after,
        signal,
        onInterruption,
      }))
        await this.receive(delivery);
      return true;
    } catch (error) {
      if (!(error instanceof PositionBeyondEndError)) throw error;
      this.logger.error(error, 'the inquiries are read again from the start');
      await this.startAgain();
      return false;
    }
  }

  /** Inquiries that were closed may be open again. */
  private async startAgain(): Promise<void> {
    this.metrics.restarted.inc({ reader: 'inquiries' });
    for (const { inquiry_id } of this.inquiries.all()) this.deadlines.disarm(inquiry_id);
    this.inquiries.clear();
    this.recent = [];
    this.live = false;
    await retry(() => this.checkpoint.clear(), { ...patience, signal: this.signal });
  }

  private async loadCheckpoint(): Promise<bigint | 'start'> {
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err }, 'inquiry checkpoint not loaded yet');
    };
    const load = (): Promise<bigint | undefined> => this.checkpoint.load();
    return (await retry(load, { ...patience, signal: this.signal, onRetry })) ?? 'start';
  }

  /** Saves the checkpoint of some seconds ago when it has changed. A failed save is repeated later. */
  private async saveCheckpoints(): Promise<void> {
    let saved: bigint | undefined;
    while (!this.signal.aborted) {
      await sleep(saveEveryMs, this.signal);
      this.recent = [this.inquiries.checkpoint(), ...this.recent].slice(0, checkpointAge + 1);
      const position = this.recent[checkpointAge];
      if (position === undefined || position === saved) continue;
      const save = this.checkpoint.save(position);
      await save.then(
        () => (saved = position),
        () => undefined,
      );
    }
  }

  private async receive(delivery: Delivery): Promise<void> {
    if (delivery.kind === 'caught_up') return this.caughtUp();
    if (delivery.kind === 'event') await this.receiveEvent(delivery);
    if (delivery.kind === 'unprojectable') this.skip(delivery);
    if ('position' in delivery) this.inquiries.pass(delivery.position);
  }

  /** An unreadable event is skipped, so that others are not delayed. */
  private async receiveEvent({ session_id, event }: Extract<Delivery, { kind: 'event' }>): Promise<void> {
    const inquiryEvent = event as RecordedEvent<InquiryEvent>;
    const { type, revision } = event;
    // A fork that drops an inquiry, or arrives without it, does not end it for the original session.
    if (event.metadata.forked_from !== undefined) return;
    if (type === 'SessionMoved') return this.leave(session_id);
    if (type === 'SessionArrived') return this.arrive(session_id);
    if (isReadable(inquiryEvent)) this.apply(session_id, inquiryEvent);
    else this.skip({ session_id, type, revision });
  }

  /** The session has moved to another cell. */
  private leave(sessionId: string): void {
    for (const { inquiry_id, session_id } of this.inquiries.all()) {
      if (session_id !== sessionId) continue;
      this.deadlines.disarm(inquiry_id);
      this.inquiries.remove(inquiry_id);
    }
  }

  /** Asks the open inquiries of an arrived session again: answers received meanwhile were not recorded. */
  private async arrive(sessionId: string): Promise<void> {
    for (const event of await this.readArrived(sessionId)) {
      if (event.type.startsWith('Inquiry') && isReadable(event as RecordedEvent<InquiryEvent>))
        this.inquiries.apply(sessionId, event as RecordedEvent<InquiryEvent>);
    }
    for (const inquiry of this.inquiries.all()) {
      if (!this.live || inquiry.session_id !== sessionId) continue;
      this.arm(inquiry);
      this.resume(inquiry);
    }
  }

  /** An unreadable session is skipped, so that others are not delayed. */
  private async readArrived(session_id: string): Promise<readonly RecordedEvent[]> {
    const read = (): Promise<readonly RecordedEvent[]> => this.readSession(session_id);
    const { signal } = this;
    try {
      return (await retry(read, { ...patience, signal, isRetryable: isUnavailable })) ?? [];
    } catch (err) {
      this.skip({ session_id, err });
      return [];
    }
  }

  private skip(event: object): void {
    this.metrics.skipped.inc({ reader: 'inquiries' });
    this.logger.error(event, 'event skipped: it cannot be read');
  }

  private apply(sessionId: string, event: RecordedEvent<InquiryEvent>): void {
    const at = Math.min(Date.parse(event.metadata.occurred_at), Date.now());
    if (at >= this.started - windowSeconds * 1_000)
      this.circuits.watch(event, at, this.inquiries.find(event.data.inquiry_id)?.due);
    const change = this.inquiries.apply(sessionId, event);
    if (change === undefined) return;
    if (event.type === 'InquiryClosed') this.metrics.closed.inc({ outcome: event.data.outcome });
    if (this.live) this.act(change);
  }

  private act({ inquiry, due, opened, closed }: Change): void {
    if (opened) this.arm(inquiry);
    if (closed) this.deadlines.disarm(inquiry.inquiry_id);
    for (const request of due) this.requests.schedule(inquiry, request, this.signal);
  }

  /** Events are new from here on; earlier ones only say what is still open. */
  private caughtUp(): void {
    if (this.live) return;
    this.live = true;
    for (const inquiry of this.inquiries.all()) {
      this.arm(inquiry);
      this.resume(inquiry);
    }
  }

  private arm(inquiry: OpenInquiry): void {
    this.deadlines.arm(inquiry, () => this.inquiries.remove(inquiry.inquiry_id));
  }

  /** Sends the requests that the former owner of a partition may not have sent. */
  private takeOver(prefixes: readonly string[]): void {
    if (!this.live) return;
    for (const inquiry of this.inquiries.all()) {
      if (streamMatches(inquiry.session_id, prefixes)) this.resume(inquiry);
    }
  }

  private resume(inquiry: OpenInquiry): void {
    for (const request of inquiry.due.values()) this.requests.resume(inquiry, request, this.signal);
  }
}
