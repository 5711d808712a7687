import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { SessionState } from '#domain';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { isLimited, isReached, SessionReach } from '../common/reach.ts';
import type { Versioned } from '../common/answers.ts';
import { AnswersVersioned } from '../common/answers.ts';
import { ApiProblems, degradedHeader } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { notReached } from '../common/past-problem.ts';
import { sessionNotFound } from '../common/problems.ts';
import { Shows } from '../privacy/shows.ts';
import { DiffContexts } from './diff.ts';
import type { ContextDiff } from './diff.ts';
import { ContextDiffDto } from './diff.dto.ts';
import { ContextDto } from './dto.ts';
import { GetPastContext } from './past.ts';
import { pointOf, pointsOf } from './point.ts';
import { ContextDiffQuery, ContextQuery } from './query.dto.ts';
import { ExplainContext, GetContext } from './queries.ts';
import { shownContext, shownDiff } from './shown.ts';
import { WhileThere } from '../common/while-there.ts';

/** The working context, which agents read before each turn. */
@ApiTags('reads')
@Controller('v1')
export class ContextController {
  constructor(
    private readonly queries: QueryBus,
    private readonly reach: SessionReach,
  ) {}

  @Get('sessions/:session_id/context')
  @Access('read')
  @Shows(shownContext)
  @AnswersVersioned()
  @ApiOperation({
    summary: 'The working context of a conversation, now or in the past',
    description:
      'With `at_revision` or `at` it is folded from exactly the events up to there. 412 names the current revision ' +
      'if the session has not reached the requested one, 404 the start of the session if the time is before it; 410: the events are deleted.',
  })
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
    'history_gone',
    'wrong_expected_revision',
    'engine_unavailable',
    'session_set_aside',
  )
  async context(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @Query() asked: ContextQuery,
    @WhileThere() signal: AbortSignal,
  ): Promise<Versioned> {
    const { min_revision, explain } = asked;
    const point = pointOf(asked);
    if (point !== undefined) {
      await this.reach.assert(caller, session_id, signal);
      return this.queries.execute(new GetPastContext(session_id, point, explain !== undefined, signal));
    }
    const query = explain
      ? new ExplainContext(session_id, signal)
      : new GetContext(session_id, min_revision, signal);
    const context = await this.queries.execute(query);
    if (context === undefined || !isShown(caller, context)) throw sessionNotFound();
    if (min_revision === undefined || context.revision >= min_revision) return context;
    throw notReached(context.revision, min_revision);
  }

  @Get('sessions/:session_id/context/diff')
  @Access('read')
  @Shows(shownDiff)
  @ApiOperation({
    summary: 'The changes between two revisions of a context, by field, with the event that caused each',
    description: '`from` defaults to the time before the session began, `to` to now.',
  })
  @ApiOkResponse({ type: ContextDiffDto })
  @ApiProblems(
    'validation_failed',
    'not_found',
    'history_gone',
    'wrong_expected_revision',
    'engine_unavailable',
    'session_set_aside',
  )
  async contextDiff(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @Query() asked: ContextDiffQuery,
    @WhileThere() signal: AbortSignal,
  ): Promise<ContextDiff> {
    const { from, to } = pointsOf(asked);
    await this.reach.assert(caller, session_id, signal);
    return this.queries.execute(new DiffContexts(session_id, from, to, signal));
  }
}

/** The decision uses the document's own state, so both have the same age. It is parsed only for limited tokens. */
function isShown(caller: Caller, { body }: Versioned): boolean {
  return !isLimited(caller) || isReached(caller, JSON.parse(body) as SessionState);
}
