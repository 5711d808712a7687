import type { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { archiveOf, zipOf } from '#read-models';
import { AccessLog, EventStore } from '#sessions';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PartnerParams } from '../common/params.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { partnerNotFound } from '../common/problems.ts';
import { assertReachesPartner } from '../common/reach.ts';

const purposePattern = /^[a-z0-9_.:-]{3,64}$/;

/** All data of one partner, for the person who asks for them. */
@ApiTags('privacy')
@Controller('v1/partners/:partner_id/archive')
export class ArchiveController {
  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly accessLog: AccessLog,
  ) {}

  @Get()
  @Access('export')
  @ApiOperation({
    summary: 'All data of a partner as a zip of JSON and readable texts',
    description:
      'Sessions with their events and contexts, what is remembered, erasure and holds, and who read the data.',
  })
  @ApiHeader({
    name: 'Access-Purpose',
    required: true,
    description: 'Why, as an identifier of yours. It is recorded.',
    schema: { type: 'string', pattern: purposePattern.source, example: 'access-request:41' },
  })
  @ApiProduces('application/zip')
  @ApiResponse({
    status: 200,
    description: 'The archive.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiProblems('validation_failed', 'not_found', 'internal_error', 'engine_unavailable', 'session_set_aside')
  async archive(
    @Param() { partner_id }: PartnerParams,
    @Headers('access-purpose') purpose: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamableFile> {
    assertReachesPartner(caller, partner_id);
    const { store, pool } = this;
    if (purpose === undefined || !purposePattern.test(purpose)) throw withoutPurpose();
    const files = await this.breaker.run(() => archiveOf({ store, pool }, partner_id));
    if (files === undefined) throw partnerNotFound();
    await this.accessLog.record({
      caller,
      action: 'archive_partner',
      partner_ids: [partner_id],
      session_ids: [],
      purpose,
    });
    return toFile(zipOf(files));
  }
}

function withoutPurpose(): ProblemError {
  const message = 'Access-Purpose must be 3 to 64 of a-z, 0-9, _ . : and -';
  return new ProblemError('validation_failed', message, { errors: [{ field: 'access-purpose', message }] });
}

function toFile(zip: Readable): StreamableFile {
  return new StreamableFile(zip, {
    type: 'application/zip',
    disposition: 'attachment; filename="partner.zip"',
  });
}
