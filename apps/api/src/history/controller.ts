import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { assertReaches } from '../common/reach.ts';
import type { Versioned } from '../common/answers.ts';
import { AnswersVersioned } from '../common/answers.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { GetSession } from './get-session.ts';
import { SessionDto, toSessionDto } from './session.dto.ts';
import { WhileThere } from '../common/while-there.ts';

/** One conversation, as of its last event. */
@ApiTags('reads')
@Controller('v1')
export class HistoryController {
  constructor(private readonly queries: QueryBus) {}

  @Get('sessions/:session_id')
  @Access('read')
  @AnswersVersioned()
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
  async session(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @WhileThere() signal: AbortSignal,
  ): Promise<Versioned> {
    const session = await this.queries.execute(new GetSession(session_id, signal));
    const { revision } = session;
    assertReaches(caller, session);
    return { revision, body: JSON.stringify(toSessionDto(session)) };
  }
}
