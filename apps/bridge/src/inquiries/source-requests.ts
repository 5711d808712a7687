import type { Outgoing, Publisher, TopicFault } from '#messaging';
import { LeaderMissingError, topicFaultOf } from '#messaging';
import { BatchWriter } from '#platform';

/** Limits of the waiting requests of one source, and of one batch; bytes are those of the messages. */
export const requestLimits = {
  capacity: 20_000,
  capacityBytes: 16 * 1_024 * 1_024,
  batchSize: 1_000,
  batchBytes: 500_000,
} as const;

/** Why a request is refused. */
export type RefusedRequest = TopicFault | 'queue_full';

/** A message that expires at a time (milliseconds). */
export interface PendingRequest {
  readonly source: string;
  readonly message: Outgoing;
  readonly until: number;
  /** Called when Kafka has accepted it. */
  readonly onSent: () => void;
  /** Called when it cannot be sent and is not retried. */
  readonly onRefused: (reason: RefusedRequest) => void;
}

interface SourceRequestsOptions {
  readonly publisher: Pick<Publisher, 'send'>;
  /** Called when Kafka has accepted a batch. */
  readonly onSent: () => void;
  /** Called after each failed attempt that will be repeated. */
  readonly onRetry: (error: unknown, attempt: number) => void;
  readonly onFault: (error: unknown, fault: TopicFault) => void;
}

/**
 * The waiting requests to one source, sent in batches and retried until Kafka accepts them or they expire. Those to partitions without a
 * leader wait apart.
 */
export class SourceRequests {
  private readonly writer: BatchWriter<PendingRequest>;
  private readonly leaderless: BatchWriter<PendingRequest>;
  /** Those of a batch that is sent again which are in Kafka already. */
  private readonly sent = new WeakSet<PendingRequest>();

  constructor(
    private readonly options: SourceRequestsOptions,
    signal: AbortSignal,
  ) {
    this.writer = this.createWriter(signal, (items) => this.send(items));
    this.leaderless = this.createWriter(signal, (items) => this.sendLed(items));
  }

  get waiting(): number {
    return this.writer.waiting + this.leaderless.waiting;
  }

  add(request: PendingRequest): void {
    if (this.writer.isFull) request.onRefused('queue_full');
    else void this.writer.push(request);
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    await Promise.all([this.writer.run(), this.leaderless.run()]);
  }

  private createWriter(
    signal: AbortSignal,
    write: (items: readonly PendingRequest[]) => Promise<void>,
  ): BatchWriter<PendingRequest> {
    const { options } = this;
    const writer: BatchWriter<PendingRequest> = new BatchWriter<PendingRequest>(
      {
        ...requestLimits,
        sizeOf: ({ message: { key, value } }) =>
          Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? ''),
        intervalMs: 0,
        passIntervalMs: 60_000,
        backOff: { minMs: 50, maxMs: 1_000 },
        write: ({ items }) => write(items),
        isTerminal: () => false,
        onRetry: (error, attempt) => {
          writer.discard(isOver(Date.now()));
          options.onRetry(error, attempt);
        },
      },
      signal,
    );
    return writer;
  }

  private async send(requests: readonly PendingRequest[]): Promise<void> {
    try {
      await this.sendLed(requests);
    } catch (error) {
      if (!(error instanceof LeaderMissingError)) throw error;
      const unsent = new Set(error.unsent);
      for (const request of requests.filter(({ message }) => unsent.has(message)))
        if (this.leaderless.isFull) request.onRefused('queue_full');
        else void this.leaderless.push(request);
    }
  }

  /** @throws LeaderMissingError for those to partitions without a leader */
  private async sendLed(requests: readonly PendingRequest[]): Promise<void> {
    const over = isOver(Date.now());
    const useful = requests.filter((request) => !over(request) && !this.sent.has(request));
    if (useful.length === 0) return;
    try {
      await this.options.publisher.send(useful.map(({ message }) => message));
    } catch (error) {
      if (error instanceof LeaderMissingError) {
        const unsent = new Set(error.unsent);
        this.markSent(useful.filter(({ message }) => !unsent.has(message)));
      }
      const fault = topicFaultOf(error);
      if (fault === undefined) throw error;
      this.options.onFault(error, fault);
      for (const request of useful) request.onRefused(fault);
      return;
    }
    this.markSent(useful);
  }

  private markSent(requests: readonly PendingRequest[]): void {
    if (requests.length > 0) this.options.onSent();
    for (const request of requests) {
      this.sent.add(request);
      request.onSent();
    }
  }
}

/** Whether a request has expired at a time (milliseconds): its inquiry is closed. */
const isOver =
  (now: number) =>
  ({ until }: PendingRequest): boolean =>
    until <= now;
