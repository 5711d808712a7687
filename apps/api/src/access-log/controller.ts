import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import type { Caller } from '#privacy';
import { listAccess, summarizeAccess } from '#read-models';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { reachedPartners } from '../common/reach.ts';
import { AccessPageDto, AccessQuery, AccessSummaryDto, AccessSummaryQuery } from './dto.ts';

const problems = ['validation_failed', 'invalid_cursor', 'forbidden', 'engine_unavailable'] as const;

/** Who saw personal data, and what administrators did. */
@ApiTags('privacy')
@Controller('v1/access')
export class AccessLogController {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
  ) {}

  @Get()
  @Access('access_log')
  @ApiOperation({
    summary: 'Reads of personal data and acts of administrators, the newest first',
    description:
      'For auditors and administrators. A read is listed within about a second. A token limited to partners sees what was ' +
      'done with the data of these.',
  })
  @ApiOkResponse({ type: AccessPageDto })
  @ApiProblems(...problems)
  async listAccess(@CurrentCaller() caller: Caller, @Query() query: AccessQuery): Promise<AccessPageDto> {
    const partners = reachedPartners(caller);
    return this.breaker.run(() => listAccess(this.pool, { ...query, partners }));
  }

  @Get('summary')
  @Access('access_log')
  @ApiOperation({
    summary: 'Whose data was touched within a time, and by whom',
    description:
      'A count for each partner and subject, in the order of partners. For auditors and administrators.',
  })
  @ApiOkResponse({ type: AccessSummaryDto })
  @ApiProblems(...problems)
  async accessSummary(
    @CurrentCaller() caller: Caller,
    @Query() query: AccessSummaryQuery,
  ): Promise<AccessSummaryDto> {
    const partners = reachedPartners(caller);
    return this.breaker.run(() => summarizeAccess(this.pool, { ...query, partners }));
  }
}
