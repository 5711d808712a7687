import { Global, Module } from '@nestjs/common';
import { Reads } from './reads.ts';

/** The access records of personal data. */
@Global()
@Module({ providers: [Reads], exports: [Reads] })
export class ReadsModule {}
