import { Global, Module } from '@nestjs/common';
import { AnalystPool } from './pool.ts';
import { RowReads } from './row-reads.ts';

/** Reads of rows that hurt nobody. */
@Global()
@Module({ providers: [AnalystPool, RowReads], exports: [RowReads] })
export class AnalystsModule {}
