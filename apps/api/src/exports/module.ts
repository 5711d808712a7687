import { Module } from '@nestjs/common';
import { retentionConfigProvider } from '#privacy';
import { ExportFiles } from '#read-models';
import { ExportConfig, loadExportConfigOrExit } from './config.ts';
import { ExportsController } from './controller.ts';
import { Exports } from './exports.ts';
import { ExportWorker } from './worker.ts';

/** Exports for analysts and trainers. */
@Module({
  controllers: [ExportsController],
  providers: [
    retentionConfigProvider,
    { provide: ExportConfig, useFactory: loadExportConfigOrExit },
    {
      provide: ExportFiles,
      useFactory: ({ dir }: ExportConfig) => new ExportFiles(dir),
      inject: [ExportConfig],
    },
    Exports,
    ExportWorker,
  ],
})
export class ExportsModule {}
