import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import { forgetOwners } from '#read-models';
import { BridgeConfig } from '../common/config.ts';
import { KeptUpdates } from './kept-updates.ts';

const everyMs = 30_000;

/** Drops kept updates, and whose an order is, when their time is over. Each bridge does; they skip what another is dropping. */
@Injectable()
export class UpdateHousekeeping {
  constructor(
    private readonly kept: KeptUpdates,
    private readonly pool: Pool,
    @Inject(BridgeConfig) private readonly config: Pick<BridgeConfig, 'foreignReferencesDays'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { foreignReferencesDays } = this.config;
    const drop = async (): Promise<void> => {
      while (!signal.aborted && (await this.kept.dropSome()));
      while (!signal.aborted && (await forgetOwners(this.pool, foreignReferencesDays)));
    };
    const onError = (err: unknown): void => this.logger.warn({ err }, 'updates and owners not dropped yet');
    await repeat(drop, { everyMs, signal, onError });
  }
}
