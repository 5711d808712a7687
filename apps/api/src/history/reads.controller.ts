import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { contextOf } from '#domain';
import { ProblemError, UuidPipe } from '#platform';
import { listSessions, listTurns } from '#read-models';
import { ContextDto } from '../context/context.dto.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { ExplainContext, GetContext, GetEvents } from '../context/queries.ts';
import {
  ContextQuery,
  EventsPageDto,
  EventsQuery,
  SessionsPageDto,
  SessionsQuery,
  TurnsPageDto,
  TurnsQuery,
} from './reads.dto.ts';
import { etag, IfNoneMatch } from '../common/request-headers.ts';

/** What agents, analysts and auditors read. */
@ApiTags('reads')
@Controller('v1')
export class ReadsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly pool: Pool,
  ) {}

  @Get('sessions/:session_id/context')
  @ApiOperation({ summary: 'The working context of a conversation' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The revision you have, in quotes.' })
  @ApiOkResponse({
    type: ContextDto,
    headers: { ETag: { description: 'The revision, in quotes.', schema: { type: 'string' } } },
  })
  @ApiResponse({ status: 304, description: 'The context is still at the revision of If-None-Match.' })
  @ApiProblems(
    'validation_failed',
    'malformed_precondition',
    'not_found',
    'wrong_expected_revision',
    'engine_unavailable',
  )
  async context(
    @Param('session_id', UuidPipe) id: string,
    @Query() query: ContextQuery,
    @IfNoneMatch() known: number | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (query.explain) return this.explain(id, reply);
    const context = await this.queries.execute(new GetContext(id, query.min_revision));
    if (context === undefined) throw noSession();
    if (query.min_revision !== undefined && context.revision < query.min_revision) {
      throw notReached(context.revision, query.min_revision);
    }
    void reply.header('etag', etag(context.revision));
    if (context.revision === known) return void reply.code(304).send();
    return void reply.type('application/json; charset=utf-8').send(context.body);
  }

  @Get('sessions/:session_id/events')
  @ApiOperation({ summary: 'The events of a conversation, oldest first: its replay' })
  @ApiOkResponse({ type: EventsPageDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async events(
    @Param('session_id', UuidPipe) id: string,
    @Query() query: EventsQuery,
  ): Promise<EventsPageDto> {
    const { from_revision, limit } = query;
    const events = await this.queries.execute(new GetEvents(id, from_revision, limit));
    if (events.length === 0 && from_revision === 0) throw noSession();
    const last = events.at(-1);
    const next_revision = last === undefined || events.length < limit ? null : last.revision + 1;
    return { session_id: id, events, next_revision };
  }

  @Get('sessions')
  @ApiOperation({ summary: 'Sessions, the newest first: of a partner, by status or channel' })
  @ApiOkResponse({ type: SessionsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  sessions(@Query() query: SessionsQuery): Promise<SessionsPageDto> {
    return listSessions(this.pool, query);
  }

  @Get('turns')
  @ApiOperation({
    summary: 'Turns, the oldest first: of a session or partner, by intent, sender or time',
  })
  @ApiOkResponse({ type: TurnsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  turns(@Query() query: TurnsQuery): Promise<TurnsPageDto> {
    return listTurns(this.pool, query);
  }

  private async explain(id: string, reply: FastifyReply): Promise<void> {
    const { session, fields } = await this.queries.execute(new ExplainContext(id));
    if (session.revision < 0) throw noSession();
    void reply.header('etag', etag(session.revision)).send({ ...contextOf(session), explained: fields });
  }
}

function noSession(): ProblemError {
  return new ProblemError('not_found', 'There is no such session; start it with POST /v1/sessions.');
}

function notReached(current: number, wanted: number): ProblemError {
  const members = { expected_revision: wanted, current_revision: current };
  return new ProblemError('wrong_expected_revision', `The session is at revision ${current} only.`, members, {
    headers: { etag: etag(current) },
  });
}
