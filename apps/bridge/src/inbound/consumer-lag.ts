import { Injectable } from '@nestjs/common';
import { Kafka } from 'kafkajs';
import { Declarations } from '#declarations';
import { lagOf, readTopics } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger, sleep } from '#platform';
import { BridgeConfig } from '../common/config.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { groupOf } from './topics.ts';

/** Pause between two measurements (ms). */
const intervalMs = 15_000;

/**
 * Measures the waiting messages by topic and partition, by Kafka's own offsets, so that a stopped consumer shows,
 * too.
 */
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

  /** A topic with an unknown lag keeps its last value. */
  private async observe(topic: string): Promise<void> {
    try {
      const lags = await lagOf(this.kafka, groupOf(this.config.groupId, topic), topic);
      for (const [partition, lag] of lags) this.metrics.lag.set({ topic, partition }, Number(lag));
    } catch (err) {
      this.logger.debug({ err, topic }, 'lag not known');
    }
  }
}
