import { Module } from '@nestjs/common';
import { ContextController } from './controller.ts';
import { DiffContextsHandler } from './diff.ts';
import { GetPastContextHandler } from './past.ts';
import { ExplainContextHandler, GetContextHandler } from './queries.ts';

/** The working context of conversations. */
@Module({
  controllers: [ContextController],
  providers: [GetContextHandler, ExplainContextHandler, GetPastContextHandler, DiffContextsHandler],
})
export class ContextModule {}
