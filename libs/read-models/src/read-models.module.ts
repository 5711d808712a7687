import { Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { Config, HealthChecks, LOGGER, Metrics } from '#platform';
import { DataKeys } from '#privacy';
import { EventStore } from '#sessions';
import { SessionMemory } from './context/session-memory.ts';
import { ContextStore } from './context/store.ts';
import { LedgerCheck } from './erasure/ledger-check.ts';
import { PrivacyWatch } from './erasure/watch.ts';
import { TextSearchConfig, textSearchConfigProvider } from './text-search/config.ts';

/** Absent when nothing is encrypted. */
const optionalKeys = { token: DataKeys, optional: true };

/** The working contexts in Redis, and the sessions in the process's memory. */
@Global()
@Module({
  providers: [
    {
      provide: ContextStore,
      useFactory: createContextStore,
      inject: [Redis, Config, Metrics, optionalKeys],
    },
    { provide: SessionMemory, useFactory: createSessionMemory, inject: [Config, Metrics] },
    textSearchConfigProvider,
    {
      provide: PrivacyWatch,
      useFactory: (
        redis: Redis,
        pool: Pool,
        sessions: SessionMemory,
        health: HealthChecks,
        keys?: DataKeys,
      ) => new PrivacyWatch(redis, pool, sessions, keys, health),
      inject: [Redis, Pool, SessionMemory, HealthChecks, optionalKeys],
    },
    {
      provide: LedgerCheck,
      useFactory: (
        pool: Pool,
        contexts: ContextStore,
        store: EventStore,
        health: HealthChecks,
        logger: Logger,
        keys?: DataKeys,
      ) => new LedgerCheck(pool, contexts, store, keys, logger, health),
      inject: [Pool, ContextStore, EventStore, HealthChecks, LOGGER, optionalKeys],
    },
  ],
  exports: [ContextStore, LedgerCheck, PrivacyWatch, SessionMemory, TextSearchConfig],
})
export class ReadModelsModule {}

function createContextStore(redis: Redis, config: Config, metrics: Metrics, keys?: DataKeys): ContextStore {
  const { contextMarginS: marginS, contextEndedS: endedS, commandLimits } = config;
  const help = 'Contexts removed, since Redis could not take what they should be: they are folded on demand';
  const dropped = metrics.counter('contexts_dropped_total', help);
  const onDropped = (count: number): void => dropped.inc(count);
  const contexts = new ContextStore(redis, { marginS, endedS }, commandLimits, onDropped, keys);
  metrics.gauge(
    'redis_full',
    'Whether Redis had no memory left for a context within the last second',
    [],
    (gauge) => gauge.set(contexts.isFull ? 1 : 0),
  );
  return contexts;
}

function createSessionMemory({ sessionCacheMb }: Config, metrics: Metrics): SessionMemory {
  const memory = new SessionMemory(sessionCacheMb * 2 ** 20);
  metrics.gauge('session_cache_bytes', 'About how much memory the sessions take that are kept', [], (gauge) =>
    gauge.set(memory.bytes),
  );
  metrics.gauge('session_cache_sessions', 'Sessions that are kept in memory', [], (gauge) =>
    gauge.set(memory.count),
  );
  return memory;
}
