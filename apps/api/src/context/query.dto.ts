import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Min } from 'class-validator';

export class ContextQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The least revision of the answer. Missing events are folded for it.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  min_revision?: number;

  @ApiPropertyOptional({ enum: ['1'], description: 'With 1, the answer says which event set each field.' })
  @IsOptional()
  @IsIn(['1'])
  explain?: '1';
}
