import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { purposePattern } from '#privacy';
import type { ExportJob } from '#read-models';
import { deleteExport, manifestOf } from '#read-models';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { purposeOf } from '../privacy/masking.ts';
import {
  ExportDto,
  ExportFileParams,
  ExportParams,
  ExportRequestDto,
  ExportsPageDto,
  ExportsQuery,
} from './dto.ts';
import { Exports } from './exports.ts';
import { rangeOf } from './ranges.ts';

const reads = ['validation_failed', 'not_found', 'engine_unavailable'] as const;
const types: Readonly<Record<string, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
  json: 'application/json',
  gz: 'application/gzip',
};

const mediaTypes = [
  ...Object.values(types).map((type) => type.replace(/;.*/, '')),
  'application/octet-stream',
];
const bytes = { schema: { type: 'string', format: 'binary' } } as const;
/** A part of a file is no document of its type. */
const partContents = Object.fromEntries(mediaTypes.map((type) => [type, bytes]));
const fileContents = { ...partContents, 'application/json': { schema: { type: 'object' } } } as const;

/** Exports: many rows at once, written to files in the background. */
@ApiTags('exports')
@Controller('v1/exports')
export class ExportsController {
  constructor(
    private readonly exports: Exports,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
  ) {}

  @Post()
  @HttpCode(202)
  @Access('bulk_export')
  @ApiOperation({
    summary: 'Export turns, sessions, events or conversations for training',
    description:
      'Written to files in the background, and resumed after an interruption. Its coverage is fixed by the request: `until`. ' +
      'Personal values are `[masked]` without a purpose, and always for analysts. Recipients and partners of unmasked values are recorded.',
  })
  @ApiHeader({
    name: 'Access-Purpose',
    required: false,
    description: 'The purpose of showing personal values. It is recorded.',
    schema: { type: 'string', pattern: purposePattern.source },
  })
  @ApiBody({
    type: ExportRequestDto,
    examples: {
      turns: {
        summary: 'The turns of a month',
        value: {
          form: 'turns',
          format: 'parquet',
          from: '2026-03-01T00:00:00+05:30',
          to: '2026-04-01T00:00:00+05:30',
        },
      },
      training: {
        summary: 'Conversations for training',
        value: { form: 'training', format: 'ndjson', gzip: true, from: '2026-01-01T00:00:00Z' },
      },
    },
  })
  @ApiResponse({
    status: 202,
    type: ExportDto,
    description: 'The request is recorded, and the export will be written.',
  })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
    'too_many_requests',
    'engine_unavailable',
  )
  async createExport(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Body() body: ExportRequestDto,
  ): Promise<ExportDto> {
    const purpose = purposeOf(request);
    return this.show(await this.breaker.run(() => this.exports.request(caller, body, purpose)));
  }

  @Get()
  @Access('bulk_export')
  @ApiOperation({ summary: 'The exports that you requested, newest first, without their files' })
  @ApiOkResponse({ type: ExportsPageDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  async listExports(@CurrentCaller() caller: Caller, @Query() query: ExportsQuery): Promise<ExportsPageDto> {
    return this.breaker.run(() => this.exports.list(caller, query));
  }

  @Get(':export_id')
  @Access('bulk_export')
  @ApiOperation({ summary: 'The progress and files of an export' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(...reads)
  async export(@CurrentCaller() caller: Caller, @Param() { export_id }: ExportParams): Promise<ExportDto> {
    return this.show(await this.breaker.run(() => this.exports.find(caller, export_id)));
  }

  @Delete(':export_id')
  @HttpCode(204)
  @Access('bulk_export')
  @ApiOperation({ summary: 'End an export and remove its files' })
  @ApiResponse({ status: 204, description: 'It is over.' })
  @ApiProblems(...reads)
  async deleteExport(@CurrentCaller() caller: Caller, @Param() { export_id }: ExportParams): Promise<void> {
    await this.breaker.run(async () => {
      await this.exports.find(caller, export_id);
      await deleteExport(this.pool, export_id);
    });
  }

  @Get(':export_id/files/:name')
  @Access('bulk_export')
  @ApiOperation({
    summary: 'A file of an export, or its `manifest.json`',
    description:
      'The header Range resumes an interrupted download. Each download of an unmasked export is recorded.',
  })
  @ApiHeader({ name: 'Range', required: false, description: 'As `bytes=1048576-`.' })
  @ApiHeader({
    name: 'If-Range',
    required: false,
    description: 'The ETag that you have; if the file has another one, it is sent completely.',
  })
  @ApiProduces(...mediaTypes)
  @ApiResponse({ status: 200, description: 'The file.', content: fileContents })
  @ApiResponse({ status: 206, description: 'The part that Range requests.', content: partContents })
  @ApiProblems(...reads, 'partner_restricted', 'range_not_satisfiable')
  async exportFile(
    @CurrentCaller() caller: Caller,
    @Param() { export_id, name }: ExportFileParams,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const file = await this.breaker.run(() => this.exports.file(caller, export_id, name));
    const { size, etag, read } = file;
    const ifRange = headers['if-range'];
    const range = rangeOf(ifRange === undefined || ifRange === etag ? headers.range : undefined, size);
    if (range === undefined)
      throw new ProblemError(
        'range_not_satisfiable',
        `The file has ${size} bytes.`,
        {},
        {
          headers: { 'content-range': `bytes */${size}` },
        },
      );
    await this.exports.recordFetch(caller, file);
    void reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-store' });
    if (range !== 'all')
      void reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`);
    const { start, end } = range === 'all' ? { start: 0, end: size - 1 } : range;
    return new StreamableFile(await read({ start, end }), {
      type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      disposition: `attachment; filename="${name}"`,
      length: end - start + 1,
    });
  }

  private async show(job: ExportJob): Promise<ExportDto> {
    const { status, failure, finished_at } = job;
    return { ...manifestOf(job, await this.exports.partsOf(job)), status, failure, finished_at };
  }
}
