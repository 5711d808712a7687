import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsRevision, IsTime } from '../common/query-values.ts';

export class ContextQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The minimum revision of the answer. Missing events are folded for it.',
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
    description: 'The past context at this revision, from exactly the events up to it.',
  })
  @IsOptional()
  @IsRevision()
  at_revision?: number;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'The past context at this time: that of the last event stored by then.',
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
    description: 'The revision of the newer context; by default the last one.',
  })
  @IsOptional()
  @IsRevision()
  to?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'A time, instead of `from`.' })
  @IsOptional()
  @IsTime()
  from_at?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'A time, instead of `to`.' })
  @IsOptional()
  @IsTime()
  to_at?: string;
}
