import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#platform';

/** Work of a feature that lasts as long as the process. */
interface Loop {
  /** Resolves after the signal, when the current work is done. */
  run(signal: AbortSignal): Promise<void>;
}

/** The loops of all features. They run from the start of the process to its end, before the clients close. */
@Injectable()
export class Loops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: Loop[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;

  constructor(@Inject(Config) private readonly config: Pick<Config, 'kafka'>) {}

  add(...loops: readonly Loop[]): void {
    this.loops.push(...loops);
  }

  /** Adds loops that have nothing to do without Kafka. */
  addForKafka(...loops: readonly Loop[]): void {
    if (this.config.kafka.brokers.length > 0) this.add(...loops);
  }

  onApplicationBootstrap(): void {
    this.running = Promise.all(this.loops.map((loop) => loop.run(this.stopping.signal)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
