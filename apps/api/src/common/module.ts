import { Global, Module } from '@nestjs/common';
import { CommandExecutor, EventStore } from '#sessions';
import { Config } from '#platform';
import { ContextStore, SessionCache } from '#read-models';
import { AppendAnnouncer } from './append-announcer.ts';

/** What the features of the api share. */
@Global()
@Module({
  providers: [
    AppendAnnouncer,
    {
      provide: SessionCache,
      useFactory: (store: EventStore, contexts: ContextStore) => new SessionCache(store, contexts),
      inject: [EventStore, ContextStore],
    },
    {
      provide: CommandExecutor,
      useFactory: (store: EventStore, cache: SessionCache, announcer: AppendAnnouncer, config: Config) =>
        new CommandExecutor(store, cache, (appended) => announcer.announce(appended), config.commandLimits),
      inject: [EventStore, SessionCache, AppendAnnouncer, Config],
    },
  ],
  exports: [AppendAnnouncer, CommandExecutor, SessionCache],
})
export class CommonModule {}
