import { Body, Controller, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PartnerParams } from '../common/params.ts';
import { SessionReach } from '../common/reach.ts';
import { Detokeniser } from './detokenise.ts';
import { DetokenisedDto, DetokeniseDto } from './dto.ts';

/** Resolves tokens of personal values. */
@ApiTags('privacy')
@Controller('v1/partners')
export class DetokeniseController {
  constructor(
    private readonly detokeniser: Detokeniser,
    private readonly reach: SessionReach,
  ) {}

  @Post(':partner_id/detokenise')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Access('detokenise')
  @ApiOperation({
    summary: 'Show the values of a partner’s tokens',
    description:
      'For services, auditors and administrators. Each call that shows a value is recorded, with its purpose, before the ' +
      'answer is sent. A token can be resolved about a second after its message.',
  })
  @ApiOkResponse({ type: DetokenisedDto })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'not_found',
    'engine_unavailable',
  )
  async detokenise(
    @CurrentCaller() caller: Caller,
    @Param() { partner_id }: PartnerParams,
    @Body() { tokens, purpose }: DetokeniseDto,
  ): Promise<DetokenisedDto> {
    await this.reach.assertPartner(caller, partner_id);
    return { partner_id, ...(await this.detokeniser.show(caller, partner_id, tokens, purpose)) };
  }
}
