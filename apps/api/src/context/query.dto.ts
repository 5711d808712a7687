import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Min } from 'class-validator';

export class ContextQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Answer with at least this revision, folding the rest on the spot.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  min_revision?: number;

  @ApiPropertyOptional({ enum: ['1'], description: '1: say for each field which event set it.' })
  @IsOptional()
  @IsIn(['1'])
  explain?: '1';
}
