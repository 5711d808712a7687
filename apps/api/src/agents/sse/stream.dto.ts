import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import { IsRevision } from '../../common/query-values.ts';

export class StreamQuery {
  @ApiProperty({
    required: false,
    description: 'Begin after this revision (-1: at the start). Left out: with what happens from now on.',
  })
  @IsOptional()
  @IsRevision(-1)
  after?: number;

  @ApiProperty({ required: false, description: 'Of POST /v1/tickets, from browsers, in place of a token.' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  ticket?: string;
}
