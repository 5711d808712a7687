import { Module } from '@nestjs/common';
import { AnalysisController } from './controller.ts';

/** Timelines, counts and journeys. */
@Module({ controllers: [AnalysisController] })
export class AnalysisModule {}
