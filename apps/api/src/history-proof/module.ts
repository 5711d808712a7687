import { Module } from '@nestjs/common';
import { HistoryProofController } from './controller.ts';
import { KnownRoots } from './known-roots.ts';

/** Proof that no event was changed. */
@Module({ controllers: [HistoryProofController], providers: [KnownRoots] })
export class HistoryProofModule {}
