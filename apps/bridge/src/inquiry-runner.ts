import { setTimeout as sleep } from 'node:timers/promises';
import type { InquiryEvent, Recorded, SessionCommand } from '#domain';
import type { EventStore } from '#event-store';
import { CommandRejected, subscribeToSessions } from '#event-store';
import type { Logger } from '#platform';
import type { CircuitOptions } from './circuit.ts';
import { Circuits } from './circuits.ts';
import { requestMessage } from './inquiry-request.ts';
import type { Change, Due, OpenInquiry } from './open-inquiries.ts';
import { OpenInquiries } from './open-inquiries.ts';
import type { Outbox } from './outbox.ts';
import type { SessionCommands } from './session-commands.ts';
import { TaskQueue } from './task-queue.ts';

export interface RunnerOptions {
  readonly store: EventStore;
  readonly commands: SessionCommands;
  readonly outbox: Outbox;
  /** Whether this instance asks and closes for a session; the others only step in when that does not happen. */
  readonly owns: (sessionId: string) => boolean;
  readonly load: () => Promise<bigint | undefined>;
  readonly save: (position: bigint) => Promise<void>;
  readonly logger: Logger;
  readonly circuit: CircuitOptions;
  readonly onClosed: (outcome: string) => void;
}

/** How long after the deadline an instance closes the inquiry of a session that is another's. */
const standInMs = 120;
const closeAtOnce = 64;
/** How long other work lets deadlines go first, so that it gets on even where they never end. */
const longestWayMs = 500;
const maxTimer = 2_000_000_000;

/**
 * Asks the sources of open inquiries and closes them at their deadline. What it knows is a fold of the inquiries' events,
 * so an instance that begins anew, or takes over, reads on from before the oldest open one and goes on.
 */
export class InquiryRunner {
  private readonly inquiries = new OpenInquiries();
  private readonly circuits: Circuits;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly closing: TaskQueue;
  private live = false;
  private started = 0;
  private signal = new AbortController().signal;

  constructor(private readonly options: RunnerOptions) {
    this.circuits = new Circuits(options.circuit);
    this.closing = new TaskQueue(closeAtOnce);
  }

  get open(): number {
    return this.inquiries.size;
  }

  /** The sources that are not asked at present. */
  openCircuits(): string[] {
    return this.circuits.open;
  }

  /** For everything else: resolves when no deadline is being served, or after a moment. */
  makeWay(): Promise<void> {
    return this.closing.makeWay(longestWayMs);
  }

  /** Goes on until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    const after = await this.begin(signal);
    const saving = this.saveRegularly(signal);
    const { store, logger } = this.options;
    this.started = Date.now();
    const onInterruption = (err: unknown): void => logger.warn({ err }, 'inquiries interrupted');
    const options = { types: ['Inquiry'], after: after ?? ('start' as const), signal, onInterruption };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'caught_up') this.caughtUp();
      else if (delivery.kind === 'checkpoint') this.inquiries.pass(delivery.position);
      else this.onEvent(delivery.session_id, delivery.event as Recorded<InquiryEvent>, delivery.position);
    }
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.all([saving, this.closing.stop()]);
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
      this.arm(inquiry);
      this.resume(inquiry);
    }
  }

  private onEvent(sessionId: string, event: Recorded<InquiryEvent>, position: bigint): void {
    if (Date.parse(event.metadata.occurred_at) >= this.started) this.circuits.watch(event, Date.now());
    const change = this.inquiries.apply(sessionId, event, position);
    if (change === undefined) return;
    if (event.type === 'InquiryClosed') this.options.onClosed(event.data.outcome);
    if (this.live) this.act(change);
  }

  private act({ inquiry, due, opened, closed }: Change): void {
    if (opened) this.arm(inquiry);
    if (closed) this.disarm(inquiry.inquiry_id);
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
    this.closing.add(() => this.execute(session_id, { type: 'FailInquirySource', ...named, now }));
  }

  private arm({ inquiry_id, session_id, deadline }: OpenInquiry): void {
    const late = this.options.owns(session_id) ? 1 : standInMs;
    const wait = Math.max(0, Math.min(maxTimer, Date.parse(deadline) + late - Date.now()));
    const timer = setTimeout(() => this.closing.add(() => this.close(inquiry_id)), wait);
    this.timers.set(inquiry_id, timer);
  }

  private disarm(inquiryId: string): void {
    clearTimeout(this.timers.get(inquiryId));
    this.timers.delete(inquiryId);
  }

  private async close(inquiryId: string): Promise<void> {
    for (let attempt = 0; !this.signal.aborted; attempt += 1) {
      const inquiry = this.inquiries.get(inquiryId);
      if (inquiry === undefined) return;
      const { session_id, inquiry_id } = inquiry;
      const now = new Date().toISOString();
      if (await this.execute(session_id, { type: 'CloseInquiry', inquiry_id, now })) return;
      const { signal } = this;
      await sleep(Math.min(2_000, 100 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
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
      if (err instanceof CommandRejected) return true;
      this.options.logger.warn({ err, command: command.type }, 'inquiry waits');
      return false;
    }
  }

  private async begin(signal: AbortSignal): Promise<bigint | undefined> {
    while (!signal.aborted) {
      try {
        return await this.options.load();
      } catch (err) {
        this.options.logger.warn({ err }, 'inquiries wait for their checkpoint');
        await sleep(1_000, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  private async saveRegularly(signal: AbortSignal): Promise<void> {
    let saved: bigint | undefined;
    while (!signal.aborted) {
      await sleep(1_000, undefined, { signal }).catch(() => undefined);
      const position = this.inquiries.checkpoint();
      if (position === undefined || position === saved) continue;
      await this.options.save(position).then(
        () => (saved = position),
        () => undefined,
      );
    }
  }
}
