import { Module } from '@nestjs/common';
import { HistoryController } from './controller.ts';
import { GetEventsHandler } from './get-events.ts';
import { GetSessionHandler } from './get-session.ts';
import { TurnSearch } from './search.ts';

/** Events, turns and sessions. */
@Module({
  controllers: [HistoryController],
  providers: [GetEventsHandler, GetSessionHandler, TurnSearch],
})
export class HistoryModule {}
