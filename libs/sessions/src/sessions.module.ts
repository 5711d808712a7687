import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Config, HealthChecks, Metrics } from '#platform';
import { explainingDenial } from './readiness.ts';
import { EventStore } from './store.ts';

/** The connection to the event store. */
@Global()
@Module({
  providers: [
    {
      provide: EventStore,
      useFactory: (config: Config) => new EventStore(config.eventStoreUrl),
      inject: [Config],
    },
  ],
  exports: [EventStore],
})
export class SessionsModule implements OnApplicationShutdown {
  constructor(
    private readonly store: EventStore,
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
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.dispose();
  }
}
