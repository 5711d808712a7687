import { Global, Module } from '@nestjs/common';
import { EventStore } from '#sessions';
import { ContextStore, SessionCache } from '#read-models';
import { AppendAnnouncer } from './append-announcer.ts';

/** What the features of the api share. */
@Global()
@Module({
  providers: [
    AppendAnnouncer,
    {
      provide: SessionCache,
      useFactory: (store: EventStore, contexts: ContextStore) => new SessionCache(store, contexts, 'passes'),
      inject: [EventStore, ContextStore],
    },
  ],
  exports: [AppendAnnouncer, SessionCache],
})
export class CommonModule {}
