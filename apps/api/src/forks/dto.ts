import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { purposeForm, purposePattern } from '#privacy';
import { IsId } from '../common/validators.ts';

export class ForkDto {
  @ApiProperty({
    example: 'what_if',
    pattern: purposePattern.source,
    description:
      'What the fork is for: `what_if`, `evaluation`, `bug_report:4711`. It is stored in the fork and, in plain text, in the access log.',
  })
  @Matches(purposePattern, { message: `$property ${purposeForm}` })
  purpose: string;

  @ApiPropertyOptional({
    example: 1,
    minimum: 0,
    description: 'The revision of the session at which the fork begins; by default its latest.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  at_revision?: number;

  @ApiPropertyOptional({ format: 'uuid', description: 'UUID v4 of the fork; a new one by default.' })
  @IsOptional()
  @IsId('4')
  session_id?: string;

  @ApiPropertyOptional({
    example: 86_400,
    minimum: 1,
    description: 'Seconds without activity until the fork expires; by default as the session that is forked.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(31_536_000)
  expires_in_s?: number;
}
