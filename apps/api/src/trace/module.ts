import { Module } from '@nestjs/common';
import { retentionConfigProvider } from '#privacy';
import { TraceController } from './controller.ts';
import { Traces } from './trace.ts';

/** Traces of messages. */
@Module({ controllers: [TraceController], providers: [retentionConfigProvider, Traces] })
export class TraceModule {}
