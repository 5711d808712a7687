import { Controller, Get, Optional, Param, Query, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { DataKeys } from '#privacy';
import { listSessions, listTurns } from '#read-models';
import type { Versioned } from '../common/conditional-get.interceptor.ts';
import { ConditionalGetInterceptor } from '../common/conditional-get.interceptor.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
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
import { GetSession } from './get-session.ts';
import { SessionDto, toSessionDto } from './session.dto.ts';

const pageEnds = 'A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.';

/** The history of conversations: events for analysts, sessions and turns for auditors. */
@ApiTags('reads')
@Controller('v1')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    @Optional() private readonly keys?: DataKeys,
  ) {}

  @Get('sessions/:session_id/events')
  @ApiOperation({ summary: 'The events of a conversation, the oldest first', description: pageEnds })
  @ApiOkResponse({ type: EventsPageDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async events(
    @Param() { session_id }: SessionParams,
    @Query() { from_revision, limit }: EventsQuery,
  ): Promise<EventsPageDto> {
    const page = await this.queries.execute(new GetEvents(session_id, from_revision, limit));
    if (page.events.length === 0 && from_revision === 0) throw sessionNotFound();
    return { session_id, ...page };
  }

  @Get('sessions/:session_id')
  @UseInterceptors(ConditionalGetInterceptor)
  @ApiOperation({ summary: 'A session, as of its last event' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The revision you have, in quotes.' })
  @ApiOkResponse({
    type: SessionDto,
    headers: { ETag: { description: 'The revision, in quotes.', schema: { type: 'string' } } },
  })
  @ApiResponse({ status: 304, description: 'The session is still at the revision of If-None-Match.' })
  @ApiProblems(
    'validation_failed',
    'malformed_precondition',
    'not_found',
    'engine_unavailable',
    'session_set_aside',
  )
  async session(@Param() { session_id }: SessionParams): Promise<Versioned> {
    const session = await this.queries.execute(new GetSession(session_id));
    const { revision } = session;
    if (revision < 0) throw sessionNotFound();
    return { revision, body: JSON.stringify(toSessionDto(session)) };
  }

  @Get('sessions')
  @ApiOperation({
    summary: 'Sessions, the newest first, by partner, status or channel',
    description: pageEnds,
  })
  @ApiOkResponse({ type: SessionsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  sessions(@Query() query: SessionsQuery): Promise<SessionsPageDto> {
    return this.breaker.run(() => listSessions(this.pool, query));
  }

  @Get('turns')
  @ApiOperation({
    summary: 'Turns, the oldest first, by session, partner, intent, sender or time',
    description: `The turns of one session come in their order, although the clocks of nodes differ. ${pageEnds}`,
  })
  @ApiOkResponse({ type: TurnsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  turns(@Query() query: TurnsQuery): Promise<TurnsPageDto> {
    return this.breaker.run(() => listTurns(this.pool, query, undefined, this.keys));
  }
}
