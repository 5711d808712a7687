import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ElsewhereGuard } from './elsewhere.guard.ts';

/** Of an installation with cells: what is in another cell is not read here. */
@Module({ providers: [{ provide: APP_GUARD, useClass: ElsewhereGuard }] })
export class CellsModule {}
