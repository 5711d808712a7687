import { Body, Controller, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Config } from '#platform';
import { Access } from '../access/access.decorator.ts';
import { AnswersCommand } from '../common/answers.ts';
import { assertMayStart, assertReaches } from '../common/reach.ts';
import type { RequestHeaders } from '../common/command-headers.ts';
import { CommandHeaders } from '../common/command-headers.ts';
import { commandRequest } from '../common/command-request.ts';
import { ApiProblems, ApiSenderHeaders } from '../common/openapi.decorators.ts';
import { NewPartnerParams } from '../common/params.ts';
import { ResumeOrStartDto, toStartSession } from './commands/start.ts';
import { PartnerSessionDto, toPartnerSessionDto } from './partner-session.dto.ts';
import type { PartnerSessionResult } from './resume-or-start.ts';
import { ResumeOrStart } from './resume-or-start.ts';

/** A partner's session. */
@ApiTags('commands')
@Controller('v1/partners')
export class PartnerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  @Post(':partner_id/session')
  @Access('command')
  @AnswersCommand<PartnerSessionResult>({
    location: ({ session }) => `/v1/sessions/${session.session_id}/context`,
    statusOf: ({ resumed }) => (resumed ? 200 : 201),
    body: toPartnerSessionDto,
  })
  @ApiOperation({
    summary: 'Resume the partner’s most recently active session, or start one',
    description:
      'Concurrent calls get the same session, on any node. The call may be repeated without a key. The body is ' +
      'used only for a new session; a resumed one stays as it is, on its own channel.',
  })
  @ApiSenderHeaders()
  @ApiResponse({
    status: 200,
    type: PartnerSessionDto,
    description: 'The session was active and is resumed.',
  })
  @ApiResponse({
    status: 201,
    type: PartnerSessionDto,
    description: 'No session was active; this one is new.',
  })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'internal_error',
    'engine_unavailable',
    'session_set_aside',
  )
  async resumeOrStart(
    @Param() { partner_id }: NewPartnerParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: ResumeOrStartDto,
  ): Promise<PartnerSessionResult> {
    const { sessionId: _none, ...request } = commandRequest('', unconditional(headers), dto);
    const start = toStartSession({ ...dto, partner_id }, this.config.sessionIdleS);
    assertMayStart(headers.caller, start);
    const result = await this.commands.execute(new ResumeOrStart(start, request, headers.caller));
    assertReaches(headers.caller, result.session);
    return result;
  }
}

/** The caller does not know which session it will get, so key, revision and epoch make no sense. */
function unconditional(headers: RequestHeaders): RequestHeaders {
  return { ...headers, key: undefined, expectedRevision: undefined, agentEpoch: undefined };
}
