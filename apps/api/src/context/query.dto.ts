import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsRevision } from '../common/query-values.ts';

export class ContextQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The least revision of the answer. Missing events are folded for it.',
  })
  @IsOptional()
  @IsRevision()
  min_revision?: number;

  @ApiPropertyOptional({ enum: ['1'], description: 'With 1, the answer says which event set each field.' })
  @IsOptional()
  @IsIn(['1'])
  explain?: '1';
}
