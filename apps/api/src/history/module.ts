import { Module } from '@nestjs/common';
import { HistoryController } from './controller.ts';
import { GetEventsHandler } from './get-events.ts';

/** Events, turns and sessions. */
@Module({ controllers: [HistoryController], providers: [GetEventsHandler] })
export class HistoryModule {}
