import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { JsonObject, Sender, SessionStatus } from '#domain';
import { senders } from '#domain';
import { IsPersonalToken } from '../common/query-values.ts';
import { PageCursor, PageSize } from '../common/page.dto.ts';
import { Filters } from './filters.dto.ts';
import { ForkedFrom } from './fork-fields.ts';

const statuses = ['active', 'ended', 'expired'] as const;
export const timeOrders = ['asc', 'desc'] as const;
const turnOrders = [...timeOrders, 'recorded'] as const;

/** A filtered list, by the query. */
class FilteredList extends Filters {
  @PageSize()
  limit = 50;

  @ApiPropertyOptional({
    example: 'tok_phone_kbdmdopoagkcbnjhaedkcgfl_3210',
    description:
      'The token of a personal value in a turn. Search other values with `POST /v1/turns/search`, so that they are in no URL. ' +
      'Needs the right to search, and is recorded as a search.',
  })
  @IsOptional()
  @IsPersonalToken()
  entity?: string;
}

export class SessionsQuery extends FilteredList {
  @PageCursor()
  after?: string;

  @ApiPropertyOptional({ enum: statuses })
  @IsOptional()
  @IsIn(statuses)
  status?: SessionStatus;

  @ApiPropertyOptional({ enum: timeOrders, default: 'desc', description: 'By the begin.' })
  @IsOptional()
  @IsIn(timeOrders)
  order: (typeof timeOrders)[number] = 'desc';
}

export class TurnsQuery extends FilteredList {
  /** That of a follower has up to 256 places of at most 17 characters, in base64. */
  @PageCursor(6_000)
  after?: string;

  @ApiPropertyOptional({
    enum: turnOrders,
    default: 'asc',
    description:
      'By time; or `recorded`: in the order in which they became visible, for followers, starting with the `rel="latest"` of the newest page.',
  })
  @IsOptional()
  @IsIn(turnOrders)
  order: (typeof turnOrders)[number] = 'asc';
}

const nullable = { nullable: true } as const;

/** The event of a session that cannot be projected. */
export class SetAsideDto {
  @ApiProperty({ example: 41 }) revision: number;
  @ApiProperty({ format: 'uuid' }) event_id: string;
  @ApiProperty({ example: 'GoalSet' }) type: string;
  @ApiProperty({ example: 'newer_schema_version' }) reason: string;
  @ApiProperty({ format: 'date-time' }) since: string;
}

export class SessionRowDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ format: 'date-time' }) start_time: string;
  @ApiProperty({ format: 'date-time' }) last_activity_time: string;
  @ApiProperty({ example: 'whatsapp' }) channel: string;
  @ApiProperty({ type: String, ...nullable, example: 'resolve_payment' }) current_task: string | null;
  @ApiProperty({ example: 'hi' }) language: string;
  @ApiProperty({ format: 'date-time' }) expires_at: string;
  @ApiProperty({ enum: [...statuses, 'erased'] }) status: SessionStatus;
  @ForkedFrom() forked_from?: string | null;
  @ApiProperty({ example: 41 }) revision: number;
  @ApiProperty({
    type: SetAsideDto,
    ...nullable,
    example: null,
    description:
      'The event for which the session is set aside: its row and context do not advance. Null: it is not set aside.',
  })
  set_aside?: SetAsideDto | null;
}

export class TurnRowDto {
  @ApiProperty({ format: 'uuid' }) turn_id: string;
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty({ enum: senders }) sender: Sender;
  @ApiProperty({ example: 'Where is my payout?' }) message_text: string;
  @ApiProperty({ type: String, ...nullable, example: 'ask_payment_status' }) parsed_intent: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { month: 'October' } })
  extracted_entities: JsonObject;
  @ApiProperty({ type: String, ...nullable, example: 'I am checking.' }) response_text: string | null;
  @ForkedFrom() forked_from?: string | null;
  @ApiProperty({ example: 4 }) revision: number;
  @ApiProperty({
    type: String,
    ...nullable,
    example: 'whatsapp',
    description: 'The channel when the turn was recorded.',
  })
  channel: string | null;
  @ApiProperty({ type: Number, ...nullable, example: 0.9 }) intent_confidence: number | null;
  @ApiProperty({ type: String, ...nullable, example: 'confirm_month' }) bot_action: string | null;
  @ApiProperty({
    type: String,
    ...nullable,
    example: 'resolve_payment',
    description: 'The current goal at that time.',
  })
  goal: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    ...nullable,
    description: 'The latest inquiry that was open at that time.',
  })
  inquiry_id: string | null;
  @ApiProperty({
    type: String,
    ...nullable,
    example: 'agent',
    description: 'Of the caller that recorded it.',
  })
  actor_role: string | null;
  @ApiProperty({
    type: String,
    ...nullable,
    example: 'payout-bot',
    description: 'Of the caller that recorded it.',
  })
  actor_id: string | null;
}

export class SessionsPageDto {
  @ApiProperty({ type: [SessionRowDto] }) items: SessionRowDto[];
  @ApiProperty({
    type: String,
    ...nullable,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}

export class TurnsPageDto {
  @ApiProperty({ type: [TurnRowDto] }) items: TurnRowDto[];
  @ApiProperty({
    type: String,
    ...nullable,
    description:
      'Send as `after` for the next page; null at the end. With the order `recorded` it is never null.',
  })
  next: string | null;
  @ApiPropertyOptional({
    type: String,
    ...nullable,
    description:
      'On a first page: send as `after` with `order=recorded` to get the turns that were not visible yet. Null on other pages.',
  })
  latest?: string | null;
}
