import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { v5 } from 'uuid';
import type { Inquiry, JsonObject } from '#domain';
import { canonicalJson, inquiryKind } from '#domain';
import type { CommandResult } from '#sessions';
import { ProblemError, UuidPipe } from '#platform';
import { ExecuteCommands } from '../sessions/execute-commands.ts';
import { InquiryAcceptedDto, InquiryDto, InquirySourceDto, OpenInquiryDto } from './inquiries.dto.ts';
import { GetInquiry } from './get-inquiry.ts';
import { ApiCommand, ApiCommandHeaders, ApiProblems, commandProblems } from '../common/openapi.decorators.ts';
import type { CommandHeaders } from '../common/request-headers.ts';
import { etag, Headers } from '../common/request-headers.ts';
import { commandRequest, sendResult } from '../common/requests.ts';
import type { CommandResultDto } from '../common/responses.dto.ts';

/** Questions that other systems answer: asked here, answered in the context. */
@ApiTags('inquiries')
@ApiExtraModels(InquirySourceDto)
@Controller('v1/sessions/:session_id/inquiries')
export class InquiriesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Ask other systems',
    description:
      'Returns at once. The answers come into the context as they arrive; the inquiry closes with a merged answer when ' +
      'all are in, or at its deadline with what there is. The same question while one is open joins it.',
  })
  @ApiCommandHeaders()
  @ApiResponse({ status: 202, type: InquiryAcceptedDto, description: 'The inquiry is open.' })
  @ApiProblems(...commandProblems)
  async openInquiry(
    @Param('session_id', UuidPipe) sessionId: string,
    @Body() dto: OpenInquiryDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InquiryAcceptedDto> {
    const { kind, timeout_ms = null } = dto;
    const subject = checkedSubject(dto);
    const { key } = headers;
    const inquiry_id = key === undefined ? randomUUID() : v5(`${key}:inquiry`, sessionId);
    const now = new Date().toISOString();
    const command = { type: 'OpenInquiry', inquiry_id, kind, subject, timeout_ms, now } as const;
    const request = { ...commandRequest(sessionId, headers, dto, []), commands: [command] };
    const result = await this.commands.execute(new ExecuteCommands(request));
    const opened = openedBy(result, kind, subject);
    void reply.header('etag', etag(result.revision));
    void reply.header('location', `/v1/sessions/${sessionId}/inquiries/${opened.inquiry_id}`);
    if (result.replayed) void reply.header('idempotency-replayed', 'true');
    return { session_id: sessionId, revision: result.revision, ...opened };
  }

  @Get(':inquiry_id')
  @ApiOperation({ summary: 'An inquiry, with the state and latency of each source' })
  @ApiResponse({ status: 200, type: InquiryDto })
  @ApiProblems('validation_failed', 'not_found', 'internal_error', 'engine_unavailable')
  async getInquiry(
    @Param('session_id', UuidPipe) sessionId: string,
    @Param('inquiry_id', UuidPipe) inquiryId: string,
  ): Promise<Inquiry> {
    const inquiry = await this.queries.execute(new GetInquiry(sessionId, inquiryId));
    if (inquiry) return inquiry;
    throw new ProblemError('not_found', 'The session has no such inquiry.');
  }

  @Delete(':inquiry_id')
  @ApiCommand('Cancel an inquiry: it closes without an answer')
  async cancelInquiry(
    @Param('session_id', UuidPipe) sessionId: string,
    @Param('inquiry_id', UuidPipe) inquiry_id: string,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const body = { cancelled: inquiry_id };
    const commands = [{ type: 'CancelInquiry', inquiry_id } as const];
    const request = { ...commandRequest(sessionId, headers, body, []), commands };
    return sendResult(reply, await this.commands.execute(new ExecuteCommands(request)));
  }
}

/** The subject has the fields that the kind declares, and no others. */
function checkedSubject({ kind, subject }: OpenInquiryDto): JsonObject {
  const wanted = inquiryKind(kind)?.subject ?? [];
  const errors = [...new Set([...wanted, ...Object.keys(subject)])].flatMap((field) => {
    const value: unknown = subject[field];
    const usable = typeof value === 'string' && value.length > 0 && value.length <= 200;
    if (!wanted.includes(field)) return [{ field: `subject.${field}`, message: `is not part of ${kind}` }];
    return usable ? [] : [{ field: `subject.${field}`, message: 'must be a text of 1 to 200 characters' }];
  });
  const [first] = errors;
  if (first === undefined) return { ...subject };
  throw new ProblemError('validation_failed', `${first.field} ${first.message}`, { errors });
}

/** The inquiry that a command opened, now or when it was first sent, or the one that it joined, which may be closed by now. */
function openedBy(
  { events, session }: CommandResult,
  kind: string,
  subject: JsonObject,
): Pick<InquiryAcceptedDto, 'inquiry_id' | 'deadline' | 'joined'> {
  for (const event of events) {
    if (event.type !== 'InquiryOpened') continue;
    return { inquiry_id: event.data.inquiry_id, deadline: event.data.deadline, joined: false };
  }
  const { open, closed } = session.state.inquiries;
  const same = [...open, ...closed.toReversed()].find(
    (item) => item.kind === kind && canonicalJson(item.subject) === canonicalJson(subject),
  );
  if (same === undefined) throw new Error('The command opened no inquiry and joined none.');
  return { inquiry_id: same.inquiry_id, deadline: same.deadline, joined: true };
}
