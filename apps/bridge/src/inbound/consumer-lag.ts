import { Injectable } from '@nestjs/common';
import { Kafka } from 'kafkajs';
import { Declarations } from '#declarations';
import { lagOf, readTopics } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger, sleep } from '#platform';
import { BridgeConfig } from '../common/config.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { groupOf } from './topics.ts';

/** Pause between two looks (ms). */
const intervalMs = 15_000;

/** Says how many messages wait, by topic and partition: as Kafka knows it, so that one who reads no more shows, too. */
@Injectable()
export class ConsumerLag {
  constructor(
    private readonly kafka: Kafka,
    private readonly declarations: Declarations,
    private readonly config: BridgeConfig,
    private readonly metrics: BridgeMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(readTopics(this.declarations.names).map((topic) => this.observe(topic)));
      await sleep(intervalMs, signal);
    }
  }

  /** A topic whose lag is not known keeps the one of the last look. */
  private async observe(topic: string): Promise<void> {
    try {
      const lags = await lagOf(this.kafka, groupOf(this.config.groupId, topic), topic);
      for (const [partition, lag] of lags) this.metrics.lag.set({ topic, partition }, Number(lag));
    } catch (err) {
      this.logger.debug({ err, topic }, 'lag not known');
    }
  }
}
