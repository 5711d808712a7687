import { Global, Module } from '@nestjs/common';
import { AnalystPool } from './pool.ts';
import { ReplicaReads } from './replica-reads.ts';
import { RowReads } from './row-reads.ts';

/** Reads of rows that do not affect other work. */
@Global()
@Module({ providers: [AnalystPool, ReplicaReads, RowReads], exports: [ReplicaReads, RowReads] })
export class AnalystsModule {}
