import { Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '#platform';
import { ContextStore } from './context/store.ts';

/** The working contexts in Redis. */
@Global()
@Module({
  providers: [
    {
      provide: ContextStore,
      useFactory: (redis: Redis, config: Config) =>
        new ContextStore(
          redis,
          { marginS: config.contextMarginS, endedS: config.contextEndedS },
          config.commandLimits,
        ),
      inject: [Redis, Config],
    },
  ],
  exports: [ContextStore],
})
export class ReadModelsModule {}
