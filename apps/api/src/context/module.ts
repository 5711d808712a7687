import { Module } from '@nestjs/common';
import { ContextController } from './controller.ts';
import { ExplainContextHandler, GetContextHandler } from './queries.ts';

/** The working context of conversations. */
@Module({ controllers: [ContextController], providers: [GetContextHandler, ExplainContextHandler] })
export class ContextModule {}
