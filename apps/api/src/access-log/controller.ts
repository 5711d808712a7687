import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '#privacy';
import { readableSince } from '#privacy';
import { listAccess, summarizeAccess } from '#read-models';
import { Access } from '../access/access.decorator.ts';
import { callerOf } from '../access/current-caller.ts';
import { RowReads } from '../analysts/row-reads.ts';
import { ageHeaders, ApiLongestAge, ApiProblems } from '../common/openapi.decorators.ts';
import { reachedPartners } from '../common/reach.ts';
import { AccessPageDto, AccessQuery, AccessSummaryDto, AccessSummaryQuery } from './dto.ts';

const problems = [
  'validation_failed',
  'invalid_cursor',
  'query_too_broad',
  'forbidden',
  'engine_unavailable',
] as const;

/** The access log: who read personal data, and what administrators did. */
@ApiTags('privacy')
@Controller('v1/access')
export class AccessLogController {
  constructor(private readonly rows: RowReads) {}

  @Get()
  @Access('access_log')
  @ApiOperation({
    summary: 'Reads of personal data and acts of administrators, newest first',
    description:
      'For auditors and administrators. A read is listed within about a second. A token limited to partners sees only the ' +
      'records of these partners.',
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: AccessPageDto, headers: ageHeaders })
  @ApiProblems(...problems)
  async listAccess(@Req() request: FastifyRequest, @Query() query: AccessQuery): Promise<AccessPageDto> {
    const limits = limitsOf(callerOf(request));
    return this.rows.page(request, query.after, (db, after) =>
      listAccess(db, { ...query, ...limits, after }),
    );
  }

  @Get('summary')
  @Access('access_log')
  @ApiOperation({
    summary: 'Whose data was accessed within a period, and by whom',
    description: 'A count for each partner and subject, ordered by partner. For auditors and administrators.',
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: AccessSummaryDto, headers: ageHeaders })
  @ApiProblems(...problems)
  async accessSummary(
    @Req() request: FastifyRequest,
    @Query() query: AccessSummaryQuery,
  ): Promise<AccessSummaryDto> {
    const limits = limitsOf(callerOf(request));
    return this.rows.page(request, query.after, (db, after) =>
      summarizeAccess(db, { ...query, ...limits, after }),
    );
  }
}

/** @throws ProblemError `forbidden`, as `reachedPartners` */
function limitsOf(caller: Caller): Pick<Parameters<typeof listAccess>[1], 'partners' | 'since'> {
  return { partners: reachedPartners(caller), since: readableSince(caller.readDays?.access) };
}
