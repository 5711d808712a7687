import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/module.ts';
import { EventsController } from './events.controller.ts';
import { HistoryController } from './controller.ts';
import { GetEventsHandler } from './get-events.ts';
import { GetSessionHandler } from './get-session.ts';
import { Replays } from './replays.ts';
import { TurnSearch } from './search.ts';

/** Events, turns and sessions. */
@Module({
  imports: [AgentsModule],
  controllers: [EventsController, HistoryController],
  providers: [GetEventsHandler, GetSessionHandler, Replays, TurnSearch],
})
export class HistoryModule {}
