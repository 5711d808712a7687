import { Inject, Injectable } from '@nestjs/common';
import type { Publisher } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger } from '#platform';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import { KafkaPresence } from './kafka-presence.ts';
import type { PendingRequest } from './source-requests.ts';
import { SourceRequests } from './source-requests.ts';

/** Sends the requests of each source separately: a slow source or topic does not delay the others. */
@Injectable()
export class RequestSender {
  private readonly stopping = new AbortController();
  private readonly sources = new Map<string, SourceRequests>();
  private readonly running: Promise<void>[] = [];

  constructor(
    @Inject(Producers) private readonly producers: { requestsTo(source: string): Pick<Publisher, 'send'> },
    @Inject(KafkaPresence) private readonly kafka: Pick<KafkaPresence, 'lost' | 'seen'>,
    metrics: BridgeMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {
    metrics.observeRequests(() =>
      [...this.sources].map(([source, requests]) => [source, requests.waiting] as const),
    );
  }

  add(request: PendingRequest): void {
    this.to(request.source).add(request);
  }

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private to(source: string): SourceRequests {
    const known = this.sources.get(source);
    if (known) return known;
    const requests = this.requestsTo(source);
    this.sources.set(source, requests);
    this.running.push(requests.run());
    return requests;
  }

  private requestsTo(source: string): SourceRequests {
    const { kafka, logger, producers, stopping } = this;
    return new SourceRequests(
      {
        publisher: producers.requestsTo(source),
        onSent: () => kafka.seen(),
        onRetry: (err, attempt) => {
          kafka.lost(source);
          if (attempt === 1) logger.warn({ err, source }, 'requests not sent yet');
        },
        onFault: (err, reason) => logger.warn({ err, source, reason }, 'the source cannot be asked'),
      },
      stopping.signal,
    );
  }
}
