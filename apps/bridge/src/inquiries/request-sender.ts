import { Inject, Injectable } from '@nestjs/common';
import type { Outgoing, Publisher } from '#messaging';
import type { Logger } from '#platform';
import { BatchWriter, InjectLogger } from '#platform';
import { Producers } from '../common/producers.ts';

/** A message that expires at a time (milliseconds). */
export interface PendingRequest {
  readonly message: Outgoing;
  readonly until: number;
}

/** Sends the requests that wait as one batch; again until Kafka has them or they are of no use any more. */
@Injectable()
export class RequestSender {
  private readonly stopping = new AbortController();
  private readonly writer: BatchWriter<PendingRequest>;

  constructor(
    @Inject(Producers) private readonly producers: { readonly requests: Pick<Publisher, 'send'> },
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.writer = new BatchWriter<PendingRequest>(
      {
        capacity: Infinity,
        batchSize: Infinity,
        intervalMs: 0,
        passIntervalMs: 60_000,
        backOff: { minMs: 50, maxMs: 1_000 },
        write: ({ items }) => this.send(items),
        isTerminal: () => false,
        onWritten: () => undefined,
        onRetry: (err, attempt) => {
          // What waits behind a batch that Kafka does not take is no more than the open inquiries need.
          this.writer.discard(isOver(Date.now()));
          if (attempt === 1) this.logger.warn({ err }, 'requests not sent yet');
        },
      },
      this.stopping.signal,
    );
  }

  add(request: PendingRequest): void {
    void this.writer.push(request);
  }

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.stopping.abort();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    await this.writer.run();
  }

  private async send(requests: readonly PendingRequest[]): Promise<void> {
    const over = isOver(Date.now());
    const useful = requests.filter((request) => !over(request));
    if (useful.length > 0) await this.producers.requests.send(useful.map(({ message }) => message));
  }
}

/** Whether a request is of no use at a time (milliseconds): its inquiry is closed. */
const isOver =
  (now: number) =>
  ({ until }: PendingRequest): boolean =>
    until <= now;
