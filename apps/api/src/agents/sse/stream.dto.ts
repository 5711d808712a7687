import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import { IsRevision } from '../../common/query-values.ts';

export class StreamQuery {
  @ApiProperty({
    required: false,
    description:
      'Begin after this revision (-1: at the start). By default the stream begins with new events.',
  })
  @IsOptional()
  @IsRevision(-1)
  after?: number;

  @ApiProperty({
    required: false,
    description: 'A ticket from POST /v1/tickets, for browsers, instead of a token.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  ticket?: string;
}
