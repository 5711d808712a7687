import { Global, Module } from '@nestjs/common';
import { CommandExecutor, EventStore } from '#sessions';
import { ContextStore, SessionCache, SessionMemory } from '#read-models';
import { Config, RedisBreaker, redisBreakerProvider } from '#platform';
import { AppendAnnouncer } from './append-announcer.ts';
import { PostgresBreaker } from './postgres-breaker.ts';
import { SessionReach } from './reach.ts';

/** Shared providers of the api's features. */
@Global()
@Module({
  providers: [
    AppendAnnouncer,
    PostgresBreaker,
    SessionReach,
    redisBreakerProvider,
    {
      provide: SessionCache,
      useFactory: (
        store: EventStore,
        contexts: ContextStore,
        sessions: SessionMemory,
        breaker: RedisBreaker,
      ) => new SessionCache(store, contexts, sessions, (read) => breaker.run(read)),
      inject: [EventStore, ContextStore, SessionMemory, RedisBreaker],
    },
    {
      provide: CommandExecutor,
      useFactory: (store: EventStore, cache: SessionCache, announcer: AppendAnnouncer, config: Config) =>
        new CommandExecutor(store, cache, (appended) => announcer.announce(appended), config.commandLimits),
      inject: [EventStore, SessionCache, AppendAnnouncer, Config],
    },
  ],
  exports: [AppendAnnouncer, CommandExecutor, PostgresBreaker, RedisBreaker, SessionCache, SessionReach],
})
export class CommonModule {}
