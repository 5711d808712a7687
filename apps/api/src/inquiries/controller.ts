import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Declarations } from '#declarations';
import type { Inquiry } from '#domain';
import type { CommandResult } from '#sessions';
import { Config, ProblemError, uuidV5 } from '#platform';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { AnswersCommand } from '../common/answers.ts';
import { SessionReach } from '../common/reach.ts';
import type { RequestHeaders } from '../common/command-headers.ts';
import { CommandHeaders } from '../common/command-headers.ts';
import { commandRequest } from '../common/command-request.ts';
import { CommandRoute } from '../common/command-route.ts';
import { ApiCommandHeaders, ApiProblems, commandProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { IsId } from '../common/validators.ts';
import { Shows } from '../privacy/shows.ts';
import { ExecuteCommands } from '../sessions/execute-commands.ts';
import { InquiryAcceptedDto, InquiryDto, InquirySourceDto, OpenInquiryDto } from './dto.ts';
import { GetInquiry } from './get.ts';
import type { OpenInquiryResult } from './open.ts';
import { OpenInquiry } from './open.ts';
import { shownInquiry, shownTimeline } from './shown.ts';
import { checkedQuestion } from './subject.ts';
import type { InquiryTimeline } from './timeline.ts';
import { GetTimeline } from './timeline.ts';
import { InquiryTimelineDto } from './timeline.dto.ts';
import { WhileThere } from '../common/while-there.ts';

const withoutKafka =
  'Start the system with Kafka (KAFKA_BROKERS) to ask other systems; all else works without it.';

class InquiryParams extends SessionParams {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsId()
  inquiry_id: string;
}

const AnswersOpened = AnswersCommand<OpenInquiryResult>({
  location: ({ session, opened }) => `/v1/sessions/${session.session_id}/inquiries/${opened.inquiry_id}`,
  body: ({ session, revision, opened }): InquiryAcceptedDto => ({
    session_id: session.session_id,
    revision,
    ...opened,
  }),
});

/** Inquiries to other systems; the answers arrive in the context. */
@ApiTags('inquiries')
@ApiExtraModels(InquirySourceDto)
@Controller('v1/sessions/:session_id/inquiries')
export class InquiriesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly declarations: Declarations,
    private readonly config: Config,
    private readonly reach: SessionReach,
  ) {}

  @Post()
  @HttpCode(202)
  @Access('command')
  @AnswersOpened
  @ApiOperation({
    summary: 'Ask other systems',
    description:
      'Returns at once. Answers are added to the context as they arrive. The inquiry closes with a merged answer when ' +
      'all have arrived, or at its deadline with those that have. The same question joins an open inquiry. A ' +
      'question about an order or payout of another partner (as named by an event) is refused, unless the operator ' +
      'allows it.',
  })
  @ApiCommandHeaders()
  @ApiResponse({ status: 202, type: InquiryAcceptedDto, description: 'The inquiry is open.' })
  @ApiProblems(...commandProblems, 'foreign_reference', 'inquiries_off')
  openInquiry(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: OpenInquiryDto,
  ): Promise<OpenInquiryResult> {
    if (this.config.kafka.brokers.length === 0) throw new ProblemError('inquiries_off', withoutKafka);
    const { kind, timeout_ms = null } = dto;
    const question = checkedQuestion(this.declarations.inquiries, dto);
    const { key } = headers;
    const inquiry_id = key === undefined ? randomUUID() : uuidV5(`${key}:inquiry`, session_id);
    const now = new Date().toISOString();
    const command = { type: 'OpenInquiry', inquiry_id, kind, ...question, timeout_ms, now } as const;
    return this.commands.execute(new OpenInquiry(command, commandRequest(session_id, headers, dto)));
  }

  @Get(':inquiry_id')
  @Access('read')
  @Shows(shownInquiry)
  @ApiOperation({ summary: 'An inquiry, with the state and latency of each source' })
  @ApiResponse({ status: 200, type: InquiryDto })
  @ApiProblems('validation_failed', 'not_found', 'internal_error', 'engine_unavailable', 'session_set_aside')
  async getInquiry(
    @CurrentCaller() caller: Caller,
    @Param() { session_id, inquiry_id }: InquiryParams,
    @WhileThere() signal: AbortSignal,
  ): Promise<Inquiry> {
    await this.reach.assert(caller, session_id, signal);
    const inquiry = await this.queries.execute(new GetInquiry(session_id, inquiry_id, signal));
    if (inquiry) return inquiry;
    throw new ProblemError('not_found', 'The session has no such inquiry.');
  }

  @Get(':inquiry_id/timeline')
  @Access('read')
  @Shows(shownTimeline)
  @ApiOperation({
    summary: 'What happened to an inquiry: asked, answered, failed, retried, skipped, closed, corrected',
  })
  @ApiResponse({ status: 200, type: InquiryTimelineDto })
  @ApiProblems('validation_failed', 'not_found', 'internal_error', 'engine_unavailable', 'session_set_aside')
  async getInquiryTimeline(
    @CurrentCaller() caller: Caller,
    @Param() { session_id, inquiry_id }: InquiryParams,
    @WhileThere() signal: AbortSignal,
  ): Promise<InquiryTimeline> {
    await this.reach.assert(caller, session_id, signal);
    const timeline = await this.queries.execute(new GetTimeline(session_id, inquiry_id, signal));
    if (timeline) return timeline;
    throw new ProblemError('not_found', 'The session has no such inquiry.');
  }

  @Delete(':inquiry_id')
  @CommandRoute({ summary: 'Cancel an inquiry: it closes without an answer' })
  cancelInquiry(
    @Param() { session_id, inquiry_id }: InquiryParams,
    @CommandHeaders() headers: RequestHeaders,
  ): Promise<CommandResult> {
    const commands = [{ type: 'CancelInquiry', inquiry_id } as const];
    const request = commandRequest(session_id, headers, { cancelled: inquiry_id });
    return this.commands.execute(new ExecuteCommands({ ...request, commands }));
  }
}
