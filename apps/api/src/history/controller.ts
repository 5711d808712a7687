import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { listSessions, listTurns } from '#read-models';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { sessionNotFound } from '../common/problems.ts';
import {
  EventsPageDto,
  EventsQuery,
  SessionsPageDto,
  SessionsQuery,
  TurnsPageDto,
  TurnsQuery,
} from './dto.ts';
import { GetEvents } from './get-events.ts';

/** The history of conversations: events for analysts, sessions and turns for auditors. */
@ApiTags('reads')
@Controller('v1')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly pool: Pool,
  ) {}

  @Get('sessions/:session_id/events')
  @ApiOperation({ summary: 'The events of a conversation, the oldest first' })
  @ApiOkResponse({ type: EventsPageDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async events(
    @Param() { session_id }: SessionParams,
    @Query() { from_revision, limit }: EventsQuery,
  ): Promise<EventsPageDto> {
    const events = await this.queries.execute(new GetEvents(session_id, from_revision, limit));
    if (events.length === 0 && from_revision === 0) throw sessionNotFound();
    const last = events.at(-1);
    const next_revision = last === undefined || events.length < limit ? null : last.revision + 1;
    return { session_id, events, next_revision };
  }

  @Get('sessions')
  @ApiOperation({ summary: 'Sessions, the newest first, by partner, status or channel' })
  @ApiOkResponse({ type: SessionsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  sessions(@Query() query: SessionsQuery): Promise<SessionsPageDto> {
    return listSessions(this.pool, query);
  }

  @Get('turns')
  @ApiOperation({
    summary: 'Turns, the oldest first, by session, partner, intent, sender or time',
    description: 'The turns of one session come in their order, although the clocks of nodes differ.',
  })
  @ApiOkResponse({ type: TurnsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  turns(@Query() query: TurnsQuery): Promise<TurnsPageDto> {
    return listTurns(this.pool, query);
  }
}
