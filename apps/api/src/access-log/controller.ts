import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import type { Caller } from '#privacy';
import { ProblemError } from '#platform';
import { listAccess, summarizeAccess } from '#read-models';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { AccessPageDto, AccessQuery, AccessSummaryDto, AccessSummaryQuery } from './dto.ts';
import { isKnown } from '../privacy/masking.ts';

const problems = [
  'validation_failed',
  'invalid_cursor',
  'origin_not_allowed',
  'forbidden',
  'engine_unavailable',
] as const;

/** Who saw personal data, and what administrators did. */
@ApiTags('privacy')
@Controller('v1/access')
export class AccessLogController {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Reads of personal data and acts of administrators, the newest first',
    description: 'For auditors and administrators. A read is listed within about a second.',
  })
  @ApiOkResponse({ type: AccessPageDto })
  @ApiProblems(...problems)
  listAccess(@CurrentCaller() caller: Caller, @Query() query: AccessQuery): Promise<AccessPageDto> {
    assertAuditor(caller);
    return this.breaker.run(() => listAccess(this.pool, query));
  }

  @Get('summary')
  @ApiOperation({
    summary: 'Whose data was touched within a time, and by whom',
    description:
      'A count for each partner and subject, in the order of partners. For auditors and administrators.',
  })
  @ApiOkResponse({ type: AccessSummaryDto })
  @ApiProblems(...problems)
  accessSummary(
    @CurrentCaller() caller: Caller,
    @Query() query: AccessSummaryQuery,
  ): Promise<AccessSummaryDto> {
    assertAuditor(caller);
    return this.breaker.run(() => summarizeAccess(this.pool, query));
  }
}

/** @throws ProblemError `forbidden` */
function assertAuditor(caller: Caller): void {
  if (!isKnown(caller) || caller.role === 'auditor' || caller.role === 'admin') return;
  throw new ProblemError('forbidden', 'Only auditors and administrators read the access log.');
}
