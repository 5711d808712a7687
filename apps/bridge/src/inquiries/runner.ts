import type { InquiryEvent, RecordedEvent, SessionCommand } from '#domain';
import type { EventStore } from '#sessions';
import { CommandRejectedError, subscribeToSessions } from '#sessions';
import type { Logger } from '#platform';
import type { CircuitOptions } from './circuit.ts';
import { saveRegularly } from '../checkpoints.ts';
import { Circuits } from './circuits.ts';
import { Deadlines } from './deadlines.ts';
import { requestMessage } from './request.ts';
import type { Change, Due, OpenInquiry } from './open-inquiries.ts';
import { OpenInquiries } from './open-inquiries.ts';
import type { RequestSender } from './request-sender.ts';
import type { SessionCommands } from '../session-commands.ts';
import { retryUntilAborted } from '../until-done.ts';

export interface RunnerOptions {
  readonly store: EventStore;
  readonly commands: SessionCommands;
  readonly outbox: RequestSender;
  /** Whether this instance asks and closes for a session; the others only step in when that does not happen. */
  readonly owns: (sessionId: string) => boolean;
  readonly load: () => Promise<bigint | undefined>;
  readonly save: (position: bigint) => Promise<void>;
  readonly logger: Logger;
  readonly circuit: CircuitOptions;
  readonly onClosed: (outcome: string) => void;
}

/**
 * Asks the sources of open inquiries and closes them at their deadline. What it knows is a fold of the inquiries' events,
 * so an instance that begins anew, or takes over, reads on from before the oldest open one and goes on.
 */
export class InquiryRunner {
  private readonly inquiries = new OpenInquiries();
  private readonly circuits: Circuits;
  private readonly deadlines: Deadlines;
  private live = false;
  private started = 0;

  constructor(private readonly options: RunnerOptions) {
    this.circuits = new Circuits(options.circuit);
    this.deadlines = new Deadlines({
      owns: options.owns,
      isOpen: (id) => this.inquiries.get(id) !== undefined,
      close: ({ session_id, inquiry_id }) => {
        const now = new Date().toISOString();
        return this.execute(session_id, { type: 'CloseInquiry', inquiry_id, now });
      },
    });
  }

  get open(): number {
    return this.inquiries.size;
  }

  /** The sources that are not asked at present. */
  openCircuits(): string[] {
    return this.circuits.open;
  }

  /** For everything else: resolves when no deadline is being served, or after a moment. */
  yieldToDeadlines(): Promise<void> {
    return this.deadlines.yieldToDeadlines();
  }

  /** Goes on until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, logger, load, save } = this.options;
    let after: bigint | undefined;
    const find = async (): Promise<void> => {
      after = await load();
    };
    await retryUntilAborted(find, signal, logger, 'inquiries wait for their checkpoint');
    const saving = saveRegularly(() => this.inquiries.checkpoint(), save, signal);
    this.started = Date.now();
    const onInterruption = (err: unknown): void => logger.warn({ err }, 'inquiries interrupted');
    const options = { types: ['Inquiry'], after: after ?? ('start' as const), signal, onInterruption };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'caught_up') this.caughtUp();
      else if (delivery.kind === 'checkpoint') this.inquiries.pass(delivery.position);
      else if (delivery.kind === 'unprojectable') {
        logger.error(delivery, 'event passed over');
        this.inquiries.pass(delivery.position);
      } else
        this.onDelivery(
          delivery.session_id,
          delivery.event as RecordedEvent<InquiryEvent>,
          delivery.position,
        );
    }
    await Promise.all([saving, this.deadlines.stop()]);
  }

  /** A slot was taken: asks what may not have been asked by the instance that held it. */
  takenOver(prefixes: readonly string[]): void {
    if (!this.live) return;
    for (const inquiry of this.inquiries.all()) {
      if (prefixes.some((prefix) => `session-${inquiry.session_id}`.startsWith(prefix))) this.resume(inquiry);
    }
  }

  private caughtUp(): void {
    if (this.live) return;
    this.live = true;
    for (const inquiry of this.inquiries.all()) {
      this.deadlines.arm(inquiry);
      this.resume(inquiry);
    }
  }

  /** An event that cannot be understood stops nothing but itself. */
  private onDelivery(sessionId: string, event: RecordedEvent<InquiryEvent>, position: bigint): void {
    try {
      this.onEvent(sessionId, event, position);
    } catch (err) {
      const { type, revision } = event;
      this.options.logger.error({ err, session_id: sessionId, type, revision }, 'event passed over');
      this.inquiries.pass(position);
    }
  }

  private onEvent(sessionId: string, event: RecordedEvent<InquiryEvent>, position: bigint): void {
    if (Date.parse(event.metadata.occurred_at) >= this.started) this.circuits.watch(event, Date.now());
    const change = this.inquiries.apply(sessionId, event, position);
    if (change === undefined) return;
    if (event.type === 'InquiryClosed') this.options.onClosed(event.data.outcome);
    if (this.live) this.act(change);
  }

  private act({ inquiry, due, opened, closed }: Change): void {
    if (opened) this.deadlines.arm(inquiry);
    if (closed) this.deadlines.disarm(inquiry.inquiry_id);
    else for (const item of due) this.ask(inquiry, item);
  }

  private resume(inquiry: OpenInquiry): void {
    for (const item of inquiry.due.values()) this.ask(inquiry, item);
  }

  private ask(inquiry: OpenInquiry, due: Due): void {
    if (!this.options.owns(inquiry.session_id)) return;
    const wait = due.at - Date.now();
    if (wait > 0) setTimeout(() => this.askNow(inquiry, due), wait);
    else this.askNow(inquiry, due);
  }

  private askNow(inquiry: OpenInquiry, due: Due): void {
    if (inquiry.due.get(due.source) !== due || !this.inquiries.get(inquiry.inquiry_id)) return;
    if (!this.circuits.allows(due.source, Date.now())) this.refuse(inquiry, due);
    else
      this.options.outbox.add({ message: requestMessage(inquiry, due), until: Date.parse(inquiry.deadline) });
  }

  /** The source does not answer at present: the inquiry goes on without it at once. */
  private refuse({ session_id, inquiry_id }: OpenInquiry, { source, attempt }: Due): void {
    const now = new Date().toISOString();
    const named = { inquiry_id, source, attempt, reason: 'circuit_open', retryable: false, reply_id: null };
    this.deadlines.urgently(() => this.execute(session_id, { type: 'FailInquirySource', ...named, now }));
  }

  private async execute(sessionId: string, command: SessionCommand): Promise<boolean> {
    const actor = { role: 'system', id: 'inquiries' } as const;
    try {
      await this.options.commands.execute({
        sessionId,
        commands: [command],
        actor,
        commandIds: [],
        body: {},
      });
      return true;
    } catch (err) {
      if (err instanceof CommandRejectedError) return true;
      this.options.logger.warn({ err, command: command.type }, 'inquiry waits');
      return false;
    }
  }
}
