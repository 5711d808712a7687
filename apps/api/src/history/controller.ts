import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Optional,
  Param,
  Post,
  Query,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { DataKeys } from '#privacy';
import { listSessions, listTurns } from '#read-models';
import type { Caller, CallerLimits } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { forbidden } from '../access/problems.ts';
import { assertReaches, SessionReach } from '../common/reach.ts';
import type { Versioned } from '../common/conditional-get.interceptor.ts';
import { ConditionalGetInterceptor } from '../common/conditional-get.interceptor.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { readerOf, Reads } from '../privacy/reads.ts';
import { Shows } from '../privacy/shows.ts';
import { pageEnds, SessionsPageDto, SessionsQuery, TurnsPageDto, TurnsQuery } from './dto.ts';
import { GetSession } from './get-session.ts';
import { TurnSearchDto } from './search.dto.ts';
import { TurnSearch } from './search.ts';
import { SessionDto, toSessionDto } from './session.dto.ts';
import { shownTurns } from './shown.ts';

/** The history of conversations for auditors: sessions and turns. */
@ApiTags('reads')
@Controller('v1')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly reach: SessionReach,
    private readonly search: TurnSearch,
    private readonly reads: Reads,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

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

  @Get('sessions')
  @Access('list')
  @ApiOperation({
    summary: 'Sessions, the newest first, by partner, status or channel',
    description: pageEnds,
  })
  @ApiOkResponse({ type: SessionsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  sessions(@CurrentCaller() caller: Caller, @Query() query: SessionsQuery): Promise<SessionsPageDto> {
    const { partners, channels } = listable(caller);
    return this.breaker.run(() => listSessions(this.pool, { ...query, partners, channels }));
  }

  @Get('turns')
  @Access('list')
  @Shows(shownTurns)
  @ApiOperation({
    summary: 'Turns, the oldest first, by session, partner, intent, sender or time',
    description: `The turns of one session come in their order, although the clocks of nodes differ. ${pageEnds}`,
  })
  @ApiOkResponse({ type: TurnsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  async turns(@CurrentCaller() caller: Caller, @Query() query: TurnsQuery): Promise<TurnsPageDto> {
    const { partners, channels } = await this.turnsWithin(caller, query);
    return this.breaker.run(() =>
      listTurns(this.pool, { ...query, partners, channels }, undefined, this.keys),
    );
  }

  @Post('turns/search')
  @HttpCode(200)
  @Access('search')
  @Shows(shownTurns)
  @ApiOperation({
    summary: 'Turns that hold a value of an entity, the oldest first',
    description:
      'The value is looked up by a keyed hash: it is stored encrypted only. Auditors and administrators need a purpose, and ' +
      `each search is recorded, whatever it finds. ${pageEnds}`,
  })
  @ApiBody({
    type: TurnSearchDto,
    examples: {
      month: { summary: 'A month', value: { entity: { name: 'month', value: 'October' }, limit: 20 } },
      phone: {
        summary: 'A personal value',
        value: { entity: { name: 'phone', value: '98765 43210' }, partner_id: 'P7689' },
      },
    },
  })
  @ApiOkResponse({ type: TurnsPageDto })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'invalid_cursor',
    'engine_unavailable',
  )
  async searchTurns(@Req() request: FastifyRequest, @Body() query: TurnSearchDto): Promise<TurnsPageDto> {
    const reader = readerOf(request);
    const { caller } = reader;
    await this.reads.recordSearch(reader, 'search_turns', query.partner_id);
    return this.search.find(query, listable(caller));
  }

  /** The turns of one session are shown if the session is reached, by what its stream says. */
  private async turnsWithin(caller: Caller, { session_id }: TurnsQuery): Promise<CallerLimits> {
    if (session_id === undefined) return listable(caller);
    await this.reach.assert(caller, session_id);
    return {};
  }
}

/** The limits by which rows are chosen, which have no region. */
function listable({ limits }: Caller): CallerLimits {
  if (limits.regions === undefined) return limits;
  throw forbidden('A token that is limited to regions has no lists; ask for a session by its id.');
}
