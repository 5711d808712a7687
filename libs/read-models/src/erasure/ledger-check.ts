import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Pool } from 'pg';
import type { HealthChecks, Logger } from '#platform';
import { retry, withTimeout } from '#platform';
import type { DataKeys } from '#privacy';
import type { EventStore } from '#sessions';
import type { ContextStore } from '../context/store.ts';
import { applyErasures } from './ledger.ts';

/** How long the process waits for the ledger before it serves. */
const firstMs = 2_000;
/** The longest pause between attempts. */
const retryMs = 1_000;

/** Applies the ledger of erasures at startup. The process is not ready before; with keys, it is ready once those of erased partners are destroyed. */
export class LedgerCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;
  private applied = false;

  constructor(
    private readonly pool: Pool,
    private readonly contexts: ContextStore,
    private readonly store: EventStore,
    private readonly keys: DataKeys | undefined,
    private readonly logger: Logger,
    health: HealthChecks,
  ) {
    health.addCheck('erasures', async () => {
      if (!this.applied) throw new Error('The ledger of erasures is not applied yet.');
    });
  }

  /** Whether keys of erased partners may still exist: the key store may have been restored. */
  get mayHaveErasedKeys(): boolean {
    return this.keys !== undefined && !this.applied;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { signal } = this.stopping;
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err }, 'ledger of erasures not applied yet');
    };
    this.running = retry(() => this.apply(), { signal, onRetry, maxMs: retryMs });
    await withTimeout(this.running, firstMs, () => new Error('It takes longer.')).catch(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async apply(): Promise<void> {
    const { pool, contexts, store, keys } = this;
    const { erased_again, keys_destroyed } = await applyErasures({ pool, contexts, store, keys }, () => {
      this.applied = true;
    });
    this.applied = true;
    if (erased_again.length + keys_destroyed > 0)
      this.logger.warn(
        { partners: erased_again.length, keys: keys_destroyed },
        'erased again what a restored backup had',
      );
  }
}
