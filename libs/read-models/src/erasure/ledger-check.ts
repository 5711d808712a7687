import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Pool } from 'pg';
import type { HealthChecks, Logger } from '#platform';
import { retry } from '#platform';
import type { DataKeys } from '#privacy';
import type { ContextStore } from '../context/store.ts';
import { applyErasures } from './ledger.ts';

/** Applies the ledger of erasures when the process starts; it is not ready before. */
export class LedgerCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;
  private isApplied = false;

  constructor(
    private readonly pool: Pool,
    private readonly contexts: ContextStore,
    private readonly keys: DataKeys | undefined,
    private readonly logger: Logger,
    health: HealthChecks,
  ) {
    health.addCheck('erasures', async () => {
      if (!this.isApplied) throw new Error('The ledger of erasures is not applied yet.');
    });
  }

  onApplicationBootstrap(): void {
    const { signal } = this.stopping;
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err }, 'ledger of erasures not applied yet');
    };
    this.running = retry(() => this.apply(), { signal, onRetry });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async apply(): Promise<void> {
    const { pool, contexts, keys } = this;
    const { erased_again, keys_destroyed } = await applyErasures({ pool, contexts, keys });
    this.isApplied = true;
    if (erased_again.length + keys_destroyed > 0)
      this.logger.warn(
        { partners: erased_again.length, keys: keys_destroyed },
        'erased again what a restored backup had',
      );
  }
}
