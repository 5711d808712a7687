import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Config, HealthChecks } from '#platform';
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
  ) {
    health.addCheck(
      'event_store',
      explainingDenial(() => store.ping()),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.dispose();
  }
}
