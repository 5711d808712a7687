import type { Outgoing, Publisher, TopicFault } from '#messaging';
import { topicFaultOf } from '#messaging';
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

/** The waiting requests to one source, sent in batches and retried until Kafka accepts them or they expire. */
export class SourceRequests {
  private readonly writer: BatchWriter<PendingRequest>;

  constructor(
    private readonly options: SourceRequestsOptions,
    signal: AbortSignal,
  ) {
    this.writer = new BatchWriter<PendingRequest>(
      {
        ...requestLimits,
        sizeOf: ({ message: { key, value } }) =>
          Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? ''),
        intervalMs: 0,
        passIntervalMs: 60_000,
        backOff: { minMs: 50, maxMs: 1_000 },
        write: ({ items }) => this.send(items),
        isTerminal: () => false,
        onRetry: (error, attempt) => {
          this.writer.discard(isOver(Date.now()));
          options.onRetry(error, attempt);
        },
      },
      signal,
    );
  }

  get waiting(): number {
    return this.writer.waiting;
  }

  add(request: PendingRequest): void {
    if (this.writer.isFull) request.onRefused('queue_full');
    else void this.writer.push(request);
  }

  /** Runs until the signal. */
  run(): Promise<void> {
    return this.writer.run();
  }

  private async send(requests: readonly PendingRequest[]): Promise<void> {
    const over = isOver(Date.now());
    const useful = requests.filter((request) => !over(request));
    if (useful.length === 0) return;
    try {
      await this.options.publisher.send(useful.map(({ message }) => message));
    } catch (error) {
      const fault = topicFaultOf(error);
      if (fault === undefined) throw error;
      this.options.onFault(error, fault);
      for (const request of useful) request.onRefused(fault);
      return;
    }
    this.options.onSent();
    for (const request of useful) request.onSent();
  }
}

/** Whether a request has expired at a time (milliseconds): its inquiry is closed. */
const isOver =
  (now: number) =>
  ({ until }: PendingRequest): boolean =>
    until <= now;
