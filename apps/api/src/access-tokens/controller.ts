import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Logger } from '#platform';
import { InjectLogger, validationFailed } from '#platform';
import type { Caller } from '#privacy';
import { AccessLog } from '#sessions';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { RevokeDto, revokeExamples, TicketDto } from './dto.ts';
import { Revocations } from '../access/revocations.ts';
import { ticketS, Tickets } from '../access/tickets.ts';

/** What is done with tokens. They are made by the issuer, not here. */
@ApiTags('tokens')
@Controller('v1')
export class TokensController {
  constructor(
    private readonly tickets: Tickets,
    private readonly revocations: Revocations,
    private readonly accessLog: AccessLog,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  @Post('tickets')
  @Access('ticket')
  @ApiOperation({
    summary: 'A ticket for one connection from a browser, which cannot send a token with it',
    description: 'The connection may do what the token may, and ends when the token expires.',
  })
  @ApiResponse({ status: 201, type: TicketDto })
  @ApiProblems('engine_unavailable')
  async issueTicket(@CurrentCaller() caller: Caller): Promise<TicketDto> {
    return { ticket: await this.tickets.issue(caller), expires_in_s: ticketS };
  }

  @Post('tokens/revoke')
  @HttpCode(204)
  @Access('revoke')
  @ApiOperation({
    summary: 'Revoke a token, or the tokens of a subject',
    description:
      'The revocation is recorded first. Within seconds no node accepts the tokens any more, and their open connections end.',
  })
  @ApiBody({ type: RevokeDto, examples: revokeExamples })
  @ApiNoContentResponse({ description: 'It is revoked.' })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'engine_unavailable',
  )
  async revokeTokens(
    @CurrentCaller() caller: Caller,
    @Body() { jti, subject, before }: RevokeDto,
  ): Promise<void> {
    if ((jti === undefined) === (subject === undefined) || (jti !== undefined && before !== undefined))
      throw validationFailed([
        { field: 'jti', message: 'give either jti or subject, before only with subject' },
      ]);
    const issued_before = before === undefined ? new Date() : new Date(before);
    const what = jti === undefined ? `subject ${subject}` : `token ${jti}`;
    const act = { action: 'revoke_tokens', partner_ids: [], session_ids: [], what };
    await this.accessLog.record({ isAct: true, caller, ...act });
    const revocation = subject === undefined ? { token_id: jti ?? '' } : { subject, issued_before };
    await this.revocations.add(revocation, caller.subject);
    this.logger.info({ by: caller.subject, jti, subject, before }, 'tokens were revoked');
  }
}
