import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import { TurnPartitions } from '#read-models';

const everyMs = 86_400_000;

/**
 * Creates the partitions of the next months, when the projector starts and once a day. Several instances may do so
 * concurrently.
 */
@Injectable()
export class PartitionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const onError = (err: unknown): void =>
      this.logger.warn({ err }, 'turns are without a partition for a month; the default one takes them');
    const partitions = new TurnPartitions(this.pool, onError);
    const work = (): Promise<void> => partitions.maintain();
    await work().catch(onError);
    await repeat(work, { everyMs, signal: this.stopping.signal, onError });
  }
}
