import { Global, Module } from '@nestjs/common';
import { EventStore } from '#sessions';
import { ContextStore, SessionCache } from '#read-models';

/** What the features of the api share. */
@Global()
@Module({
  providers: [
    {
      provide: SessionCache,
      useFactory: (store: EventStore, contexts: ContextStore) => new SessionCache(store, contexts, 'passes'),
      inject: [EventStore, ContextStore],
    },
  ],
  exports: [SessionCache],
})
export class CommonModule {}
