import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import type { JsonObject } from '#domain';
import { deduplicationIds } from '#domain';
import { IsJsonObject, IsName } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

export class ExternalUpdateDto {
  @ApiProperty({ example: 'logistics', maxLength: 64, description: 'The system that the update comes from.' })
  @IsString()
  @Length(1, 64)
  @IsName()
  system: string;

  @ApiProperty({ example: 'shipment_updated', maxLength: 128 })
  @IsString()
  @Length(1, 128)
  kind: string;

  @ApiPropertyOptional({
    example: 'ORD9823',
    maxLength: 128,
    description: 'The order, payout or other object that it is about.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  reference?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { order_id: 'ORD9823', status: 'out_for_delivery' },
  })
  @IsJsonObject({ keys: 200, size: 131_072 })
  data: JsonObject;

  @ApiProperty({
    example: 'evt-20931',
    description: 'The update’s id in its system. An update with the same id is recorded once.',
  })
  @IsString()
  @Length(1, 255)
  source_event_id: string;
}

export const externalUpdate = defineCommand({
  type: 'RecordExternalUpdate',
  summary: 'Record an external update: what another system reports',
  status: 201,
  body: ExternalUpdateDto,
  deduplicationIds,
  toCommand: ({ system, kind, reference, data, source_event_id }) => ({
    type: 'RecordExternalUpdate',
    system,
    kind,
    reference: reference ?? null,
    data,
    source_event_id,
  }),
});
