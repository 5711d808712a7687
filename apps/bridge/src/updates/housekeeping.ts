import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import { KeptUpdates } from './kept-updates.ts';

const everyMs = 30_000;

/** Drops kept updates when their time is over. Each bridge does; they skip what another is dropping. */
@Injectable()
export class UpdateHousekeeping {
  constructor(
    @Inject(KeptUpdates) private readonly kept: Pick<KeptUpdates, 'dropSome'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const drop = async (): Promise<void> => {
      while (!signal.aborted && (await this.kept.dropSome()));
    };
    const onError = (err: unknown): void => this.logger.warn({ err }, 'kept updates not dropped yet');
    await repeat(drop, { everyMs, signal, onError });
  }
}
