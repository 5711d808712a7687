import { Controller, Get, Param, Query, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { assertReaches, SessionReach } from '../common/reach.ts';
import type { Versioned } from '../common/conditional-get.interceptor.ts';
import { ConditionalGetInterceptor } from '../common/conditional-get.interceptor.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { pageEnds } from '../common/page-links.ts';
import { SessionParams } from '../common/params.ts';
import { sessionNotFound } from '../common/problems.ts';
import { Shows } from '../privacy/shows.ts';
import { EventsPageDto, EventsQuery } from './dto.ts';
import { GetEvents } from './get-events.ts';
import { GetSession } from './get-session.ts';
import { SessionDto, toSessionDto } from './session.dto.ts';
import { shownEvents } from './shown.ts';

/** The history of one conversation. */
@ApiTags('reads')
@Controller('v1')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly reach: SessionReach,
  ) {}

  @Get('sessions/:session_id/events')
  @Access('read')
  @Shows(shownEvents)
  @ApiOperation({ summary: 'The events of a conversation, the oldest first', description: pageEnds })
  @ApiOkResponse({ type: EventsPageDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async events(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @Query() { from_revision, limit }: EventsQuery,
  ): Promise<EventsPageDto> {
    await this.reach.assert(caller, session_id);
    const page = await this.queries.execute(new GetEvents(session_id, from_revision, limit));
    if (page.events.length === 0 && from_revision === 0) throw sessionNotFound();
    return { session_id, ...page };
  }

  @Get('sessions/:session_id')
  @Access('read')
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
  async session(@CurrentCaller() caller: Caller, @Param() { session_id }: SessionParams): Promise<Versioned> {
    const session = await this.queries.execute(new GetSession(session_id));
    const { revision } = session;
    assertReaches(caller, session);
    return { revision, body: JSON.stringify(toSessionDto(session)) };
  }
}
