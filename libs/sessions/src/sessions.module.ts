import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Config, HealthChecks, Metrics } from '#platform';
import { DataKeys } from '#privacy';
import { AccessLog } from './access-log.ts';
import { AppendBudget } from './client/append-budget.ts';
import { HistoryConfig, historyConfigProvider } from './chain/config.ts';
import { EventCodec } from './codec.ts';
import { explainingDenial } from './readiness.ts';
import { EventStore } from './store.ts';

interface SessionsOptions {
  /** What happens to an append over the limit of unanswered bytes: it is refused for the caller to retry, or it waits. */
  readonly whenFull: 'refuse' | 'wait';
}

/** The connection to the event store. */
@Global()
@Module({})
export class SessionsModule implements OnApplicationShutdown {
  constructor(
    private readonly store: EventStore,
    private readonly accessLog: AccessLog,
    health: HealthChecks,
    metrics: Metrics,
  ) {
    health.addCheck(
      'event_store',
      explainingDenial(() => store.ping()),
    );
    const help = 'Connections to the event store, calls in flight on them, and calls that its client holds';
    metrics.gauge('event_store_client', help, ['of'], (gauge) => {
      for (const [of, count] of Object.entries(store.counts)) gauge.set({ of }, count);
    });
    metrics.gauge('event_store_append_bytes', 'Bytes of appends that are not answered yet', [], (gauge) =>
      gauge.set(store.appendBytes),
    );
  }

  static forRoot({ whenFull }: SessionsOptions): DynamicModule {
    const create = (
      { eventStoreUrl, appendBytesInFlight: bytes, cell }: Config,
      keys?: DataKeys,
    ): EventStore =>
      new EventStore(
        eventStoreUrl,
        new EventCodec(undefined, keys),
        undefined,
        new AppendBudget({ bytes, whenFull }),
        cell,
      );
    return {
      module: SessionsModule,
      providers: [
        { provide: EventStore, useFactory: create, inject: [Config, { token: DataKeys, optional: true }] },
        historyConfigProvider,
        { provide: AccessLog, useFactory: (store: EventStore) => new AccessLog(store), inject: [EventStore] },
      ],
      exports: [EventStore, AccessLog, HistoryConfig],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.accessLog.close();
    await this.store.dispose();
  }
}
