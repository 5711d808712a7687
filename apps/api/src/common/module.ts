import { Global, Module } from '@nestjs/common';
import type { Appended } from '#sessions';
import { CommandExecutor, EventStore } from '#sessions';
import { DataKeys } from '#privacy';
import { ContextStore, SessionCache, SessionMemory } from '#read-models';
import { Config, RedisBreaker, redisBreakerProvider } from '#platform';
import { AppendAnnouncer } from './append-announcer.ts';
import { PostgresBreaker } from './postgres-breaker.ts';

/** What the features of the api share. */
@Global()
@Module({
  providers: [
    AppendAnnouncer,
    PostgresBreaker,
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
      useFactory: (
        store: EventStore,
        cache: SessionCache,
        announcer: AppendAnnouncer,
        config: Config,
        keys?: DataKeys,
      ) => {
        const announce = (appended: Appended): void => announcer.announce(appended);
        return new CommandExecutor(store, cache, announce, config.commandLimits, keys);
      },
      inject: [EventStore, SessionCache, AppendAnnouncer, Config, { token: DataKeys, optional: true }],
    },
  ],
  exports: [AppendAnnouncer, CommandExecutor, PostgresBreaker, RedisBreaker, SessionCache],
})
export class CommonModule {}
