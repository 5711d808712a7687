import { Controller, Get, Param, Query, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ProblemError } from '#platform';
import { etag } from '../common/command-headers.ts';
import type { Versioned } from '../common/conditional-get.interceptor.ts';
import { ConditionalGetInterceptor } from '../common/conditional-get.interceptor.ts';
import { ApiProblems, degradedHeader } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { sessionNotFound } from '../common/problems.ts';
import { Shows } from '../privacy/shows.ts';
import { ContextDto } from './dto.ts';
import { ContextQuery } from './query.dto.ts';
import { ExplainContext, GetContext } from './queries.ts';
import { shownContext } from './shown.ts';

/** The working context, which an agent reads before each of its turns. */
@ApiTags('reads')
@Controller('v1')
export class ContextController {
  constructor(private readonly queries: QueryBus) {}

  @Get('sessions/:session_id/context')
  @Shows(shownContext)
  @UseInterceptors(ConditionalGetInterceptor)
  @ApiOperation({ summary: 'The working context of a conversation' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The revision you have, in quotes.' })
  @ApiOkResponse({
    type: ContextDto,
    headers: {
      ETag: { description: 'The revision, in quotes.', schema: { type: 'string' } },
      ...degradedHeader,
    },
  })
  @ApiResponse({ status: 304, description: 'The context is still at the revision of If-None-Match.' })
  @ApiProblems(
    'validation_failed',
    'malformed_precondition',
    'not_found',
    'wrong_expected_revision',
    'engine_unavailable',
    'session_set_aside',
  )
  async context(
    @Param() { session_id }: SessionParams,
    @Query() { min_revision, explain }: ContextQuery,
  ): Promise<Versioned> {
    const query = explain ? new ExplainContext(session_id) : new GetContext(session_id, min_revision);
    const context = await this.queries.execute(query);
    if (context === undefined) throw sessionNotFound();
    if (min_revision === undefined || context.revision >= min_revision) return context;
    throw notReached(context.revision, min_revision);
  }
}

function notReached(current: number, wanted: number): ProblemError {
  const members = { expected_revision: wanted, current_revision: current };
  return new ProblemError('wrong_expected_revision', `The session is at revision ${current} only.`, members, {
    headers: { etag: etag(current) },
  });
}
