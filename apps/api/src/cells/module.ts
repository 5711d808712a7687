import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ElsewhereGuard } from './elsewhere.guard.ts';

/** For installations with cells: refuses reads of data that belong to another cell. */
@Module({ providers: [{ provide: APP_GUARD, useClass: ElsewhereGuard }] })
export class CellsModule {}
