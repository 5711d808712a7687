import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Optional, Param, Req, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import type { Caller } from '#privacy';
import { DataKeys, purposePattern, readableSince } from '#privacy';
import { archiveOf, zipOf } from '#read-models';
import { AccessLog, EventStore } from '#sessions';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PartnerParams } from '../common/params.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { partnerNotFound } from '../common/problems.ts';
import { SessionReach } from '../common/reach.ts';
import { requiredPurposeOf } from '../privacy/masking.ts';
import { WhileThere } from '../common/while-there.ts';

/** All data of one partner, for data access requests. */
@ApiTags('privacy')
@Controller('v1/partners/:partner_id/archive')
export class ArchiveController {
  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly accessLog: AccessLog,
    private readonly reach: SessionReach,
    @Optional() @Inject(DataKeys) private readonly keys: DataKeys | undefined,
  ) {}

  @Get()
  @Access('export')
  @ApiOperation({
    summary: 'All data of a partner as a zip of JSON and readable texts',
    description:
      'Sessions with their events and contexts, values of tokens, the partner’s memory and kept updates, erasures and holds, and who read the data. ' +
      'What cannot be read is shown as it is stored, or without its value; `problems.txt` lists it.',
  })
  @ApiHeader({
    name: 'Access-Purpose',
    required: true,
    description: 'The purpose, as an identifier of yours. It is recorded.',
    schema: { type: 'string', pattern: purposePattern.source, example: 'access-request:41' },
  })
  @ApiProduces('application/zip')
  @ApiResponse({
    status: 200,
    description: 'The archive.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiProblems('validation_failed', 'not_found', 'internal_error', 'engine_unavailable')
  async archive(
    @Param() { partner_id }: PartnerParams,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @WhileThere() signal: AbortSignal,
  ): Promise<StreamableFile> {
    await this.reach.assertPartner(caller, partner_id);
    const { pool, keys } = this;
    const store = this.store.until(signal);
    const purpose = requiredPurposeOf(request);
    const { sessions, access } = caller.readDays ?? {};
    const limits = { active_since: readableSince(sessions), access_since: readableSince(access) };
    const files = await this.breaker.run(() => archiveOf({ store, pool, keys }, partner_id, limits));
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

function toFile(zip: Readable): StreamableFile {
  return new StreamableFile(zip, {
    type: 'application/zip',
    disposition: 'attachment; filename="partner.zip"',
  });
}
