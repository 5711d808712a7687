import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { retentionConfigProvider } from '#privacy';
import { ArchiveController } from '../archive/controller.ts';
import { ErasureController } from './controller.ts';
import { LedgerGuard } from './ledger.guard.ts';
import { PartnerErasures } from './partner-erasures.ts';
import { RestrictedGuard } from './restricted.guard.ts';

/** Erasure of partners, legal holds, and access to restricted data. */
@Module({
  controllers: [ErasureController, ArchiveController],
  providers: [
    retentionConfigProvider,
    PartnerErasures,
    { provide: APP_GUARD, useClass: LedgerGuard },
    { provide: APP_GUARD, useClass: RestrictedGuard },
  ],
})
export class ErasureModule {}
