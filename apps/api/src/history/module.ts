import { Module } from '@nestjs/common';
import { HistoryController } from './controller.ts';
import { GetEventsHandler } from './get-events.ts';
import { GetSessionHandler } from './get-session.ts';
import { ListsController } from './lists.controller.ts';
import { RecordedSearches } from './recorded-searches.ts';
import { TurnSearch } from './search.ts';

/** Events, turns and sessions. */
@Module({
  controllers: [HistoryController, ListsController],
  providers: [GetEventsHandler, GetSessionHandler, RecordedSearches, TurnSearch],
})
export class HistoryModule {}
