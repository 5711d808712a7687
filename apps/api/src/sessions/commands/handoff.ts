import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { OnlyWhen } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

const actions = ['request', 'accept', 'return'] as const;

export class HandoffDto {
  @ApiProperty({ enum: actions, example: 'request' })
  @IsIn(actions)
  action: (typeof actions)[number];

  @ApiPropertyOptional({
    example: 'bank details changed',
    maxLength: 500,
    description: 'With `request`: why.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @OnlyWhen('action', 'request')
  reason?: string;

  @ApiPropertyOptional({
    example: 'desk-4',
    description: 'With `accept`: who takes over; the caller by default.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  @OnlyWhen('action', 'accept')
  accepted_by?: string;

  @ApiPropertyOptional({
    example: 'bank details corrected',
    maxLength: 500,
    description: 'With `return`: a note.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @OnlyWhen('action', 'return')
  note?: string;
}

/** One example per action: a body with the fields of all of them would be refused. */
export const handoffExamples: Record<HandoffDto['action'], { value: HandoffDto }> = {
  request: { value: { action: 'request', reason: 'bank details changed' } },
  accept: { value: { action: 'accept', accepted_by: 'desk-4' } },
  return: { value: { action: 'return', note: 'bank details corrected' } },
};

export const handoff = defineCommand({
  type: 'Handoff',
  summary: 'Request, accept or return a handoff to a human',
  body: HandoffDto,
  toCommand(dto, { caller }) {
    switch (dto.action) {
      case 'request':
        return { type: 'RequestHandoff', reason: dto.reason ?? null };
      case 'accept':
        return { type: 'AcceptHandoff', accepted_by: dto.accepted_by ?? caller };
      case 'return':
        return { type: 'ReturnHandoff', note: dto.note ?? null };
      default:
        return dto.action satisfies never;
    }
  },
});
