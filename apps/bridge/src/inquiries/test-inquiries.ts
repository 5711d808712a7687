import type { InquiryEvent, RecordedEvent } from '#domain';
import { createLogger, Metrics } from '#platform';
import type { CommandRequest, CommandResult, Delivery } from '#sessions';
import { PositionBeyondEndError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { Circuits } from './circuits.ts';
import { InquiryCommands } from './commands.ts';
import { Deadlines } from './deadlines.ts';
import { RequestScheduler } from './request-scheduler.ts';
import type { PendingRequest } from './source-requests.ts';
import { InquiryRunner } from './runner.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';

export const sessionId = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
export const inquiryId = '7d1f4f0e-1f0a-4c40-8a53-0f4f6b0f2b11';

/** An inquiry runner with its own parts, and functions in place of its dependencies. */
export class RunnerHarness {
  readonly commands: CommandRequest[] = [];
  readonly sent: PendingRequest[] = [];
  readonly saved: bigint[] = [];
  readonly stop = new AbortController();
  readonly metrics = new Metrics('bridge');
  owns = true;
  /** The errors of the next commands and saves. */
  commandErrors: Error[] = [];
  saveErrors: Error[] = [];
  loadErrors: Error[] = [];
  readErrors: Error[] = [];
  /** The session of the next events. */
  session = sessionId;
  checkpoint: bigint | undefined;
  /** The end of the store's log; undefined: beyond every position. */
  head: bigint | undefined;
  after: unknown;
  readonly logger = createLogger('bridge', 'silent');
  readonly runner: InquiryRunner;
  private readonly deliveries: Delivery[] = [];
  private notify: () => void = () => undefined;
  private taken: (prefixes: readonly string[]) => void = () => undefined;
  private position = 0n;
  private readonly histories = new Map<string, readonly RecordedEvent[]>();

  constructor(threshold = 3) {
    const { logger } = this;
    const partitions = {
      owns: () => this.owns,
      onTaken: (listener: (prefixes: readonly string[]) => void) => {
        this.taken = listener;
      },
    };
    const bridgeMetrics = new BridgeMetrics(this.metrics);
    // Kafka that is always available.
    const kafka = {
      judge: (_: string, __: number, whenPresent: () => void) => whenPresent(),
      seen: () => undefined,
    };
    const circuits = new Circuits({ circuit: { threshold, openMs: 60_000 } }, kafka);
    const commands = new InquiryCommands({ execute: (request) => this.execute(request) });
    const urgent = new UrgentTasks();
    const deadlines = new Deadlines(commands, urgent, partitions, logger);
    const sender = { add: (request: PendingRequest) => void this.sent.push(request) };
    const scheduler = new RequestScheduler(sender, partitions, circuits, commands, urgent, logger);
    this.runner = new InquiryRunner(
      ({ after, signal }) => {
        this.after = after;
        if (typeof after === 'bigint' && this.head !== undefined && after > this.head)
          throw new PositionBeyondEndError(after, this.head);
        return this.subscription(signal);
      },
      (session) => this.read(session),
      { load: () => this.load(), save: (position) => this.save(position), clear: () => this.clear() },
      deadlines,
      scheduler,
      circuits,
      bridgeMetrics,
      partitions,
      logger,
    );
  }

  /** Delivers an event of an inquiry; `more`: additional metadata. */
  event(event: Pick<InquiryEvent, 'type'> & { readonly data: object | null }, more = {}): void {
    const metadata = { occurred_at: new Date().toISOString(), ...more };
    const recorded = { ...event, event_id: 'e', revision: 1, metadata } as unknown as RecordedEvent;
    this.deliver({ kind: 'event', session_id: this.session, event: recorded, position: this.next() });
  }

  /** Delivers the opening of an inquiry that asks one source. */
  open({ inMs = 2_000, inquiry_id = inquiryId, source = 'orders' } = {}): void {
    const requests = [{ source, attempt: 1, request: { order_id: 'ORD1' } }];
    const deadline = new Date(Date.now() + inMs).toISOString();
    const subject = { order_id: 'ORD1' };
    const data = { inquiry_id, kind: 'order_status', deadline, subject, sources: [], requests };
    this.event({ type: 'InquiryOpened', data });
  }

  /** Delivers that the session has come from another cell; `more`: additional metadata. */
  arrive(more = {}): void {
    this.event(
      { type: 'SessionArrived', data: { move_id: 'm', cell: 'b' } } as unknown as InquiryEvent,
      more,
    );
  }

  /** Instead of delivering the events of `happen`, makes them the history of a session that arrives. */
  copied(session: string, happen: () => void): void {
    const waiting = this.deliveries.length;
    happen();
    const events = this.deliveries.splice(waiting);
    const history = events.flatMap((delivery) => (delivery.kind === 'event' ? [delivery.event] : []));
    this.histories.set(session, history);
  }

  close(cause = 'settled', unanswered: readonly string[] = [], more = {}): void {
    this.event({
      type: 'InquiryClosed',
      data: { inquiry_id: inquiryId, kind: 'order_status', outcome: 'complete', cause, unanswered, ...more },
    });
  }

  caughtUp(): void {
    this.deliver({ kind: 'caught_up' });
  }

  unprojectable(): void {
    this.deliver({
      kind: 'unprojectable',
      session_id: sessionId,
      revision: 1,
      event_id: 'e',
      type: 'InquiryOpened',
      reason: 'malformed_event',
      position: this.next(),
    });
  }

  takeOver(prefixes: readonly string[]): void {
    this.owns = true;
    this.taken(prefixes);
  }

  /** The types of the commands so far. */
  get commandTypes(): string[] {
    return this.commands.map(({ commands: [command] }) => command?.type ?? '');
  }

  private next(): bigint {
    this.position += 1n;
    return this.position;
  }

  private deliver(delivery: Delivery): void {
    this.deliveries.push(delivery);
    this.notify();
  }

  private async *subscription(signal: AbortSignal): AsyncGenerator<Delivery> {
    signal.addEventListener('abort', () => this.notify());
    while (!signal.aborted) {
      const delivery = this.deliveries.shift();
      if (delivery) yield delivery;
      else
        await new Promise<void>((resolve) => {
          this.notify = resolve;
        });
    }
  }

  private async execute(request: CommandRequest): Promise<CommandResult> {
    this.commands.push(request);
    const error = this.commandErrors.shift();
    if (error) throw error;
    return { events: [] } as unknown as CommandResult;
  }

  private async read(session: string): Promise<readonly RecordedEvent[]> {
    const error = this.readErrors.shift();
    if (error) throw error;
    return this.histories.get(session) ?? [];
  }

  private async load(): Promise<bigint | undefined> {
    const error = this.loadErrors.shift();
    if (error) throw error;
    return this.checkpoint;
  }

  private async clear(): Promise<void> {
    this.checkpoint = undefined;
  }

  private async save(position: bigint): Promise<void> {
    const error = this.saveErrors.shift();
    if (error) throw error;
    this.saved.push(position);
  }
}
