import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import type { JsonObject, ResolvedUpdate, UpdateReferences } from '#domain';
import { deduplicationIds } from '#domain';
import { IsTime } from '../../common/query-values.ts';
import { IsJsonObject, IsName, IsReferences, referenceKinds } from '../../common/validators.ts';
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
  @IsName()
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

  @ApiPropertyOptional({
    format: 'date-time',
    example: '2026-11-24T08:02:58Z',
    description:
      'When it happened, by the clock of its system. An older report never replaces a newer one in ' +
      'the context, whenever it arrives.',
  })
  @IsOptional()
  @IsTime()
  occurred_at?: string;

  @ApiPropertyOptional({
    example: 'out_for_delivery',
    maxLength: 200,
    description: 'The reported state.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  status?: string;

  @ApiPropertyOptional({
    type: 'object',
    properties: Object.fromEntries(
      referenceKinds.map((kind) => [kind, { type: 'string', minLength: 1, maxLength: 200 }]),
    ),
    additionalProperties: false,
    example: { order: 'ORD9823', tracking: 'TRK551' },
    description:
      'Its references. With an order or a shipment (`tracking`), `status` becomes the state of that order. Naming ' +
      'another partner than the session’s is refused (`foreign_partner`).',
  })
  @IsOptional()
  @IsReferences()
  references?: UpdateReferences;
}

export const externalUpdate = defineCommand({
  type: 'RecordExternalUpdate',
  summary: 'Record an external update, a report of another system',
  status: 201,
  body: ExternalUpdateDto,
  deduplicationIds,
  toCommand: ({ system, kind, reference, data, source_event_id, ...more }) => ({
    type: 'RecordExternalUpdate',
    system,
    kind,
    reference: reference ?? null,
    data,
    source_event_id,
    ...resolved(more),
  }),
});

function resolved({
  occurred_at,
  status,
  references,
}: Pick<ExternalUpdateDto, 'occurred_at' | 'status' | 'references'>): ResolvedUpdate {
  return {
    ...(references ? { references } : {}),
    ...(status ? { status } : {}),
    ...(occurred_at ? { occurred_at_source: new Date(occurred_at).toISOString() } : {}),
  };
}
