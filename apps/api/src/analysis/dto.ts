import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateBy } from 'class-validator';
import type { CountDimension } from '#read-models';
import { countDimensions, milestoneKinds, sessionOutcomes } from '#read-models';
import { Convert } from '#platform';
import { PageCursor, PageSize } from '../common/page.dto.ts';
import { IsTimeZone } from '../common/query-values.ts';
import { timeOrders, TurnRowDto } from '../history/dto.ts';
import { Filters, Period } from '../history/filters.dto.ts';

const nullable = { nullable: true } as const;
/** The maximum number of groups in an answer. */
export const mostCounts = 1_000;

export class TimelineQuery extends Period {
  @ApiPropertyOptional({ enum: timeOrders, default: 'asc' })
  @IsOptional()
  @IsIn(timeOrders)
  order: (typeof timeOrders)[number] = 'asc';

  @PageSize()
  limit = 50;

  @PageCursor()
  after?: string;
}

export class TimelineItemDto {
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 4 }) revision: number;
  @ApiProperty({ enum: ['turn', ...milestoneKinds], example: 'goal_set' }) kind: string;
  @ApiProperty({
    type: String,
    ...nullable,
    example: 'resolve_payment',
    description: 'The goal, flag, channel or kind of inquiry of an item that is not a turn.',
  })
  name: string | null;
  @ApiProperty({ type: String, ...nullable, description: 'The outcome of a closed inquiry.' }) outcome:
    | string
    | null;
  @ApiProperty({ type: TurnRowDto, ...nullable }) turn: TurnRowDto | null;
}

export class TimelinePageDto {
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ type: [TimelineItemDto] }) items: TimelineItemDto[];
  @ApiProperty({
    type: String,
    ...nullable,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}

/** Comma-separated names of dimensions, each once. */
function IsDimensions(): PropertyDecorator {
  return ValidateBy({
    name: 'isDimensions',
    validator: {
      validate: (value: unknown) =>
        Array.isArray(value) &&
        new Set(value).size === value.length &&
        value.every((item) => (countDimensions as readonly unknown[]).includes(item)),
      defaultMessage: () =>
        `$property must be some of ${countDimensions.join(', ')}, each once, with commas between`,
    },
  });
}

export class TurnCountsQuery extends Filters {
  @ApiPropertyOptional({
    type: String,
    pattern: `^(${countDimensions.join('|')})(,(${countDimensions.join('|')}))*$`,
    default: 'day',
    example: 'day,intent',
    description: `The dimensions of the counts, separated by commas: ${countDimensions.join(', ')}.`,
  })
  @IsOptional()
  @Convert((value) => (typeof value === 'string' ? value.split(',') : value))
  @IsDimensions()
  by: readonly CountDimension[] = ['day'];

  @ApiPropertyOptional({
    type: String,
    example: 'Asia/Kolkata',
    default: 'UTC',
    description: 'The time zone whose days are counted: UTC, or a name (IANA) with a region.',
  })
  @IsOptional()
  @IsTimeZone()
  timezone = 'UTC';
}

export class TurnCountDto {
  @ApiPropertyOptional({ type: String, example: '2026-11-24' }) day?: string | null;
  @ApiPropertyOptional({ type: String, ...nullable, example: 'ask_payment_status' }) intent?: string | null;
  @ApiPropertyOptional({ type: String, ...nullable, example: 'whatsapp' }) channel?: string | null;
  @ApiPropertyOptional({ type: String, example: 'user' }) sender?: string | null;
  @ApiPropertyOptional({ type: String, ...nullable, example: 'resolve_payment' }) goal?: string | null;
  @ApiPropertyOptional({
    enum: sessionOutcomes,
    description:
      'The outcome of the session, the first that applies: handoff requested, goal completed, goal abandoned, none of these.',
  })
  outcome?: string | null;
  @ApiProperty({ example: 12 }) turns: number;
  @ApiProperty({ example: 5, description: 'Sessions with such a turn.' }) sessions: number;
}

export class TurnCountsDto {
  @ApiProperty({ format: 'date-time' }) from: string;
  @ApiProperty({ format: 'date-time' }) to: string;
  @ApiProperty({ type: [TurnCountDto] }) counts: TurnCountDto[];
  @ApiProperty({ description: `Whether there are more than ${mostCounts} groups; the others are left out.` })
  truncated: boolean;
}
