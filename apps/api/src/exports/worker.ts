import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Borrow, Logger } from '#platform';
import { Config, createPool, HealthChecks, InjectLogger, repeat, withClient } from '#platform';
import { DataKeys } from '#privacy';
import {
  assertFolder,
  ExportFiles,
  ExportFolderError,
  ExportRunner,
  folderId,
  LedgerCheck,
} from '#read-models';
import { AccessLog, EventStore } from '#sessions';
import { ReplicaReads } from '../analysts/replica-reads.ts';
import { ExportConfig } from './config.ts';
import { exportMasks } from './masks.ts';

const everyMs = 500;
/** How long a query for a page of rows may run: longer than the timeout of requests. */
const statementTimeoutMs = 60_000;
const hourS = 3_600;

/**
 * Writes exports one after the other, in parallel to the requests, and removes the files of expired, deleted and
 * withdrawn ones.
 */
@Injectable()
export class ExportWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  /** A separate pool, which takes no connection from requests. */
  private readonly pool: Pool;
  private readonly runner: ExportRunner;
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly config: ExportConfig,
    private readonly ledger: LedgerCheck,
    @InjectLogger() private readonly logger: Logger,
    { databaseUrl }: Config,
    files: ExportFiles,
    store: EventStore,
    accessLog: AccessLog,
    health: HealthChecks,
    { pools: replicas }: ReplicaReads,
    @Optional() @Inject(DataKeys) keys: DataKeys | undefined,
  ) {
    const applicationName = 'turnstream-exports';
    this.pool = createPool(databaseUrl, { logger, max: 3, statementTimeoutMs, applicationName });
    health.addDetail('exports', async () => {
      if ((await folderId(this.pool)) === undefined) return { folder: 'none yet' };
      await assertFolder(this.pool, files);
      return { folder: 'shared' };
    });
    this.runner = new ExportRunner({
      pool: this.pool,
      ...(replicas && {
        readReplica: async (read, atLeast) => {
          const borrow: Borrow = (work) => withClient(replicas.exports, work);
          return (await replicas.replica.read(borrow, read, atLeast))?.value;
        },
      }),
      store,
      keys,
      files,
      accessLog,
      logger,
      masks: exportMasks,
      limits: { rows: config.partRows },
      owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
      leaseMs: config.leaseMs,
      keepS: config.keepHours * hourS,
    });
  }

  onApplicationBootstrap(): void {
    const { runner, config } = this;
    const loops = [this.loop('files of exports not removed', () => runner.removeFiles())];
    if (config.writes) loops.push(this.loop('exports interrupted', (signal) => this.write(signal)));
    this.running = Promise.all(loops);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.pool.end();
  }

  /** A node whose key store may have been restored decrypts nothing. */
  private async write(signal: AbortSignal): Promise<void> {
    if (!this.ledger.mayHaveErasedKeys) await this.runner.round(signal);
  }

  private loop(interrupted: string, round: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { signal } = this.stopping;
    let failed = false;
    const work = async (): Promise<void> => {
      await round(signal);
      failed = false;
    };
    const onError = (err: unknown): void => {
      const level = err instanceof ExportFolderError ? 'error' : 'warn';
      if (!failed) this.logger[level]({ err }, interrupted);
      failed = true;
    };
    return repeat(work, { everyMs, signal, onError });
  }
}
