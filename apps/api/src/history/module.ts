import { Module } from '@nestjs/common';
import { retentionConfigProvider } from '#privacy';
import { AgentsModule } from '../agents/module.ts';
import { EventsController } from './events.controller.ts';
import { HistoryController } from './controller.ts';
import { GetEventsHandler } from './get-events.ts';
import { GetSessionHandler } from './get-session.ts';
import { ListsController } from './lists.controller.ts';
import { RecordedSearches } from './recorded-searches.ts';
import { Replays } from './replays.ts';
import { TurnSearch } from './search.ts';

/** Events, turns and sessions. */
@Module({
  imports: [AgentsModule],
  controllers: [EventsController, HistoryController, ListsController],
  providers: [
    retentionConfigProvider,
    GetEventsHandler,
    GetSessionHandler,
    RecordedSearches,
    Replays,
    TurnSearch,
  ],
})
export class HistoryModule {}
