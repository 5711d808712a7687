import type { Outgoing, Publisher, TopicFault } from '#messaging';
import { LeaderMissingError, topicFaultOf } from '#messaging';
import { backOffMs, BatchWriter, sleep } from '#platform';

/** Limits of the waiting requests of one source, and of one batch; bytes are those of the messages. */
export const requestLimits = {
  capacity: 20_000,
  capacityBytes: 16 * 1_024 * 1_024,
  batchSize: 1_000,
  batchBytes: 500_000,
} as const;

/** The pauses between attempts. */
const backOff = { minMs: 50, maxMs: 1_000 };

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
  /** The attempts since the last one that found all leaders. */
  private leaderlessAttempts = 0;

  constructor(
    private readonly options: SourceRequestsOptions,
    private readonly signal: AbortSignal,
  ) {
    this.writer = this.createWriter((items) => this.send(items));
    this.leaderless = this.createWriter((items) => this.sendAgain(items));
  }

  get waiting(): number {
    return this.writer.waiting + this.leaderless.waiting;
  }

  add(request: PendingRequest): void {
    if (this.isFull) request.onRefused('queue_full');
    else void this.writer.push(request);
  }

  private get isFull(): boolean {
    const [all, apart] = [this.writer.queued, this.leaderless.queued];
    const { capacity, capacityBytes } = requestLimits;
    return all.items + apart.items >= capacity || all.bytes + apart.bytes >= capacityBytes;
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    await Promise.all([this.writer.run(), this.leaderless.run()]);
  }

  private createWriter(
    write: (items: readonly PendingRequest[]) => Promise<void>,
  ): BatchWriter<PendingRequest> {
    const { options, signal } = this;
    const writer: BatchWriter<PendingRequest> = new BatchWriter<PendingRequest>(
      {
        ...requestLimits,
        sizeOf: ({ message: { key, value } }) =>
          Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? ''),
        intervalMs: 0,
        passIntervalMs: 60_000,
        backOff,
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

  /** Those to a partition without a leader wait apart, and ask for it: that takes a while. */
  private async send(requests: readonly PendingRequest[]): Promise<void> {
    const { left } = await this.sendLed(requests, true);
    for (const request of left) void this.leaderless.push(request);
  }

  /** Those whose leader is still missing wait behind the others: another partition may have its leader again. */
  private async sendAgain(requests: readonly PendingRequest[]): Promise<void> {
    const { left, error } = await this.sendLed(requests);
    this.leaderlessAttempts = left.length > 0 ? this.leaderlessAttempts + 1 : 0;
    if (left.length === 0) return;
    this.leaderless.discard(isOver(Date.now()));
    this.options.onRetry(error, this.leaderlessAttempts);
    await sleep(backOffMs(this.leaderlessAttempts, backOff), this.signal);
    for (const request of left) void this.leaderless.push(request);
  }

  /** @returns those to partitions without a leader, and the error that says so */
  private async sendLed(
    requests: readonly PendingRequest[],
    skipLeaderless = false,
  ): Promise<{ left: readonly PendingRequest[]; error?: unknown }> {
    const over = isOver(Date.now());
    const useful = requests.filter((request) => !over(request));
    if (useful.length === 0) return { left: [] };
    try {
      const messages = useful.map(({ message }) => message);
      await this.options.publisher.send(messages, { skipLeaderless });
      this.markSent(useful);
      return { left: [] };
    } catch (error) {
      if (error instanceof LeaderMissingError) {
        const unsent = new Set(error.unsent);
        this.markSent(useful.filter(({ message }) => !unsent.has(message)));
        return { left: useful.filter(({ message }) => unsent.has(message)), error };
      }
      const fault = topicFaultOf(error);
      if (fault === undefined) throw error;
      this.options.onFault(error, fault);
      for (const request of useful) request.onRefused(fault);
      return { left: [] };
    }
  }

  private markSent(requests: readonly PendingRequest[]): void {
    if (requests.length > 0) this.options.onSent();
    for (const request of requests) request.onSent();
  }
}

/** Whether a request has expired at a time (milliseconds): its inquiry is closed. */
const isOver =
  (now: number) =>
  ({ until }: PendingRequest): boolean =>
    until <= now;
