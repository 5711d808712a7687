import { Global, Module } from '@nestjs/common';
import { AccessController } from './access.controller.ts';
import { Reads } from './reads.ts';

/** Who sees personal data, and the record of it. */
@Global()
@Module({ controllers: [AccessController], providers: [Reads], exports: [Reads] })
export class MaskingModule {}
