import { Global, Module } from '@nestjs/common';
import { Reads } from './reads.ts';

/** The record of who sees personal data. */
@Global()
@Module({ providers: [Reads], exports: [Reads] })
export class ReadsModule {}
