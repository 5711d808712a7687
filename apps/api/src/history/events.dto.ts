import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { JsonObject } from '#domain';
import { IsNames, IsNumberText, IsRevision, IsWholeText } from '../common/query-values.ts';
import { fastest, longestGapMs } from '../replay/pace.ts';

const directions = ['forwards', 'backwards'] as const;

export class EventsQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The revision to start at; by default 0 forwards, the last one backwards.',
  })
  @IsOptional()
  @IsRevision()
  from_revision?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'The revision to end at, included.' })
  @IsOptional()
  @IsRevision()
  to_revision?: number;

  @ApiPropertyOptional({ enum: directions, default: 'forwards' })
  @IsOptional()
  @IsIn(directions)
  direction: (typeof directions)[number] = 'forwards';

  @ApiPropertyOptional({
    example: 'TurnRecorded,GoalSet',
    description: 'Only events of these types: names separated by commas, at most 50.',
  })
  @IsOptional()
  @IsNames(50)
  type?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'The maximum number of events; by default 100 for a JSON page, all for a stream.',
  })
  @IsOptional()
  @IsWholeText(1, 1_000)
  limit?: number;

  @ApiPropertyOptional({
    type: 'number',
    minimum: 0,
    maximum: fastest,
    default: 0,
    description:
      'For `text/event-stream`: the speed as a multiple of the recorded pace; 0: at once. The pause between two events is ' +
      `at most ${longestGapMs / 1_000} s.`,
  })
  @IsOptional()
  @IsNumberText(0, fastest)
  speed?: number;

  @ApiPropertyOptional({
    enum: ['1'],
    description: 'For `text/event-stream`, forwards: with 1 it continues with new events.',
  })
  @IsOptional()
  @IsIn(['1'])
  follow?: '1';
}

export class EventDto {
  @ApiProperty({ format: 'uuid' }) event_id: string;
  @ApiProperty({ example: 'GoalSet' }) type: string;
  @ApiProperty({ example: 3 }) revision: number;
  @ApiProperty({ format: 'date-time', description: 'When the event store stored it, by its clock.' })
  created: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { goal: 'resolve_payment', step: null },
  })
  data: JsonObject;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { occurred_at: '2026-11-24T08:00:00.000Z' },
  })
  metadata: JsonObject;
}

export class EventsPageDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ type: [EventDto] }) events: EventDto[];
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Send as `from_revision` for the next page; null at the end.',
  })
  next_revision: number | null;
}
