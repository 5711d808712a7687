import { Controller, Get, Param, Query, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { SessionState } from '#domain';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { isLimited, isReached } from '../common/reach.ts';
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
  @Access('read')
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
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @Query() { min_revision, explain }: ContextQuery,
  ): Promise<Versioned> {
    const query = explain ? new ExplainContext(session_id) : new GetContext(session_id, min_revision);
    const context = await this.queries.execute(query);
    if (context === undefined || !isShown(caller, context)) throw sessionNotFound();
    if (min_revision === undefined || context.revision >= min_revision) return context;
    throw notReached(context.revision, min_revision);
  }
}

/** A document is as new as what it is judged by. Only for the tokens that are limited it is parsed. */
function isShown(caller: Caller, { body }: Versioned): boolean {
  return !isLimited(caller) || isReached(caller, JSON.parse(body) as SessionState);
}

function notReached(current: number, wanted: number): ProblemError {
  const members = { expected_revision: wanted, current_revision: current };
  return new ProblemError('wrong_expected_revision', `The session is at revision ${current} only.`, members, {
    headers: { etag: etag(current) },
  });
}
