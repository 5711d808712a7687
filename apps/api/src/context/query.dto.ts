import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsRevision, IsTime } from '../common/query-values.ts';

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

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The context as it was at this revision, from the events up to it and nothing else.',
  })
  @IsOptional()
  @IsRevision()
  at_revision?: number;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'The context as it was at this time: that of the last event stored by then.',
  })
  @IsOptional()
  @IsTime()
  at?: string;
}

export class ContextDiffQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: -1,
    default: -1,
    description: 'The revision of the older context; -1: before the session began.',
  })
  @IsOptional()
  @IsRevision(-1)
  from?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The revision of the newer context. Left out: the last one.',
  })
  @IsOptional()
  @IsRevision()
  to?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'In place of `from`: a time.' })
  @IsOptional()
  @IsTime()
  from_at?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'In place of `to`: a time.' })
  @IsOptional()
  @IsTime()
  to_at?: string;
}
