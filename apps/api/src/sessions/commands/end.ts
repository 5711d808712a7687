import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import { defineCommand } from './definition.ts';

export class EndSessionDto {
  @ApiPropertyOptional({ example: 'resolved', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}

export const endSession = defineCommand({
  type: 'EndSession',
  summary: 'End the session',
  body: EndSessionDto,
  toCommand: ({ reason }) => ({ type: 'EndSession', reason: reason ?? null }),
});
