import { Global, Module } from '@nestjs/common';
import { Declarations } from './declarations.ts';
import { declared } from './load.ts';

/** The declarations of the process. A changed file takes effect at the next start. */
@Global()
@Module({
  providers: [{ provide: Declarations, useFactory: declared }],
  exports: [Declarations],
})
export class DeclarationsModule {}
