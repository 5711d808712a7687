import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { PartnerParams } from '../common/params.ts';
import { assertReachesPartner } from '../common/reach.ts';
import { PartnerErasureDto, ReasonDto, toPartnerErasureDto } from './dto.ts';
import { PartnerErasures } from './partner-erasures.ts';

const reads = ['validation_failed', 'not_found', 'internal_error', 'engine_unavailable'] as const;
const changes = [
  ...reads,
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
  'command_not_allowed',
] as const;

/** Erasure of a partner, and legal holds. */
@ApiTags('privacy')
@Controller('v1/partners/:partner_id')
export class ErasureController {
  constructor(private readonly erasures: PartnerErasures) {}

  @Delete()
  @Access('erase')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Erase a partner',
    description:
      'Ends the open sessions, destroys the partner’s key and all derived data, checks every store and ' +
      'writes a receipt. If the policy demands that the data be kept for some time (RETENTION_FLOOR_DAYS), they are ' +
      'restricted now and erased afterwards. A legal hold blocks the erasure: 409 with the reason `legal_hold`.',
  })
  @ApiResponse({
    status: 202,
    type: PartnerErasureDto,
    description: 'The request is recorded and will be carried out.',
  })
  @ApiProblems(...changes)
  async erase(
    @Param() { partner_id }: PartnerParams,
    @Body() { reason }: ReasonDto,
    @CurrentCaller() caller: Caller,
  ): Promise<PartnerErasureDto> {
    assertReachesPartner(caller, partner_id);
    return toPartnerErasureDto(partner_id, await this.erasures.request(partner_id, reason, caller));
  }

  @Get('erasure')
  @Access('erase')
  @ApiOperation({ summary: 'The requests about a partner’s data, and the receipt of the last erasure' })
  @ApiResponse({ status: 200, type: PartnerErasureDto })
  @ApiProblems(...reads)
  async status(
    @Param() { partner_id }: PartnerParams,
    @CurrentCaller() caller: Caller,
  ): Promise<PartnerErasureDto> {
    assertReachesPartner(caller, partner_id);
    return toPartnerErasureDto(partner_id, await this.erasures.get(partner_id));
  }

  @Delete('erasure')
  @Access('erase')
  @ApiOperation({ summary: 'Withdraw an erasure that is announced or waits for the end of a restriction' })
  @ApiResponse({ status: 200, type: PartnerErasureDto })
  @ApiProblems(...reads, 'command_not_allowed')
  async cancel(
    @Param() { partner_id }: PartnerParams,
    @CurrentCaller() caller: Caller,
  ): Promise<PartnerErasureDto> {
    assertReachesPartner(caller, partner_id);
    return toPartnerErasureDto(partner_id, await this.erasures.cancel(partner_id, caller));
  }

  @Put('hold')
  @Access('hold')
  @ApiOperation({
    summary: 'Place a legal hold: nothing of the partner is erased or expires until it is lifted',
  })
  @ApiResponse({ status: 200, type: PartnerErasureDto })
  @ApiProblems(...changes)
  async hold(
    @Param() { partner_id }: PartnerParams,
    @Body() { reason }: ReasonDto,
    @CurrentCaller() caller: Caller,
  ): Promise<PartnerErasureDto> {
    assertReachesPartner(caller, partner_id);
    return toPartnerErasureDto(partner_id, await this.erasures.hold(partner_id, reason, caller));
  }

  @Delete('hold')
  @Access('hold')
  @ApiOperation({ summary: 'Lift a legal hold' })
  @ApiResponse({ status: 200, type: PartnerErasureDto })
  @ApiProblems(...reads, 'command_not_allowed')
  async lift(
    @Param() { partner_id }: PartnerParams,
    @CurrentCaller() caller: Caller,
  ): Promise<PartnerErasureDto> {
    assertReachesPartner(caller, partner_id);
    return toPartnerErasureDto(partner_id, await this.erasures.lift(partner_id, caller));
  }
}
