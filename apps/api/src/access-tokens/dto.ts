import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches } from 'class-validator';
import { visibleForm, visiblePattern } from '#privacy';
import { IsTime } from '../common/query-values.ts';

const message = `$property ${visibleForm}`;

export class TicketDto {
  @ApiProperty({ description: 'Opens one WebSocket or event stream, as `?ticket=`, on any node.' })
  ticket: string;

  @ApiProperty({ example: 30 })
  expires_in_s: number;
}

export class RevokeDto {
  @ApiPropertyOptional({ description: 'The id of one token, instead of `subject`.' })
  @IsOptional()
  @IsString()
  @Matches(visiblePattern, { message })
  jti?: string;

  @ApiPropertyOptional({ description: 'The subject whose tokens are revoked.' })
  @IsOptional()
  @IsString()
  @Matches(visiblePattern, { message })
  subject?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Only tokens issued before this time; by default before now.',
  })
  @IsOptional()
  @IsTime()
  before?: string;
}

export const revokeExamples = {
  token: { value: { jti: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10' } },
  subject: { value: { subject: 'bot-fleet', before: '2026-11-24T08:00:00.000Z' } },
};
